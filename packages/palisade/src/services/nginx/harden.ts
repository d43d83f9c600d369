import type { ComposeEdit, FileWrite } from '../../contracts/change.ts';
import type { Port, Service, Stack } from '../../contracts/stack.ts';
import { appendToServiceKey, removeServiceItem, setServiceItem, setServiceKey, writeFile } from '../../model/index.ts';
import { loadConfiguration } from './configuration/load.ts';
import { isRedirecting, serversOf } from './configuration/servers.ts';
import {
  clientCertificates,
  configurationDirectory,
  configurationFile,
  plainPort,
  serverCertificates,
  tlsPort,
} from './hardened/paths.ts';
import { whyNotTakenOver } from './hardened/refusals.ts';
import { renderHardened } from './hardened/take-over.ts';
import { imageAccount, isOfficialImage } from './matching.ts';

/** True where the service starts with the configuration of the hardened posture. */
export const isHardened = ({ command }: Service): boolean => command?.value.includes(configurationFile) === true;

/** Why the hardened posture cannot be written for a service; undefined where it can. */
export const whyNotHardened = (stack: Stack, service: Service): string | undefined => {
  if (!isOfficialImage(service)) return 'its image is none of the official ones';
  if (isHardened(service)) return undefined;
  const configuration = loadConfiguration(stack, service);
  if (configuration.state === 'unknown') return configuration.why;
  return whyNotTakenOver(stack, service, configuration.directives);
};

/** True for a published port by which the outside world is meant to come in, as the control of published ports sees it. */
const isWayIn = ({ published, targetEnd, target }: Port): boolean => published === 80 && target === targetEnd;

/** The port of plain HTTP inside: an unprivileged one behind port 80, else the one that the user's mapping leads to. */
const plainPortOf = (stack: Stack, service: Service): number => {
  if (service.ports.some(isWayIn)) return plainPort;
  const configuration = loadConfiguration(stack, service);
  const first = configuration.state === 'known' ? serversOf(configuration.directives)[0]?.listens[0]?.port : undefined;
  return first === undefined || first === tlsPort ? plainPort : first;
};

/** Leads port 80 to the unprivileged port inside, and publishes 443 at the same address: the gateway is the way in. */
const portEdits = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  const entry = service.ports.find(isWayIn);
  const address = entry?.hostAddress ?? '';
  const before = address === '' ? '' : `${address.includes(':') ? `[${address}]` : address}:`;
  const position = entry === undefined ? -1 : service.ports.indexOf(entry);
  const moved =
    entry === undefined || entry.target === plainPort
      ? []
      : entry.syntax === 'long'
        ? setServiceKey(stack, service, ['ports', position, 'target'], plainPort)
        : setServiceItem(stack, service, 'ports', entry.at, entry.raw.replace(/:\d+(?=(?:\/tcp)?$)/, `:${plainPort}`));
  return [
    ...moved,
    ...(service.ports.some(({ target }) => target === tlsPort)
      ? []
      : appendToServiceKey(stack, service, ['ports'], `${before}443:${tlsPort}`)),
  ];
};

const mountEdits = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  const replaced = service.mounts.filter(({ target }) =>
    /^\/etc\/nginx\/(?:nginx\.conf|conf\.d|templates)(?:\/|$)/.test(target),
  );
  return [
    ...replaced.flatMap(({ at }) => removeServiceItem(stack, service, 'volumes', at)),
    ...[
      `./config/${service.name}:${configurationDirectory}:ro`,
      `./certs/${service.name}/server:${serverCertificates}:ro`,
      `./certs/${service.name}/client:${clientCertificates}:ro`,
    ].flatMap((entry) => appendToServiceKey(stack, service, ['volumes'], entry)),
  ];
};

const configurationWrites = (stack: Stack, service: Service): readonly FileWrite[] => {
  // The user's own configuration is gone from the service by then; what was made of it is kept as it is.
  if (isHardened(service)) return [];
  const configuration = loadConfiguration(stack, service);
  return configuration.state === 'unknown'
    ? []
    : writeFile(
        stack,
        `config/${service.name}/nginx.conf`,
        renderHardened(stack, service, configuration.directives, plainPortOf(stack, service)),
      );
};

/** Asks as a client does, with the certificate verified; whatever status comes back, the gateway serves. */
const health = `curl --silent --show-error --output /dev/null --max-time 4 --cacert ${serverCertificates}/ca.pem https://localhost:${tlsPort}/`;

/** Names of hosts that the configuration serves, for the certificate. */
export const servedNames = (stack: Stack, service: Service): readonly string[] => {
  const configuration = loadConfiguration(stack, service);
  if (configuration.state === 'unknown') return [];
  const names = serversOf(configuration.directives)
    .filter((server) => !isRedirecting(server))
    .flatMap((server) => server.names);
  return [...new Set(names)].filter((name) => /^[a-z\d](?:[a-z\d.-]*[a-z\d])?$/i.test(name));
};

/**
 * The hardened posture of a gateway: its own configuration behind TLS, with limits, as an unprivileged account on
 * unprivileged ports. Empty where the configuration is not simple enough to be taken over, and once applied.
 *
 * The published ports stay public: the gateway is the one service that the outside world is meant to reach.
 */
export const harden = (stack: Stack, service: Service): readonly (FileWrite | ComposeEdit)[] =>
  whyNotHardened(stack, service) === undefined
    ? [
        ...configurationWrites(stack, service),
        ...mountEdits(stack, service),
        ...setServiceKey(stack, service, ['command'], ['nginx', '-c', configurationFile, '-g', 'daemon off;']),
        ...setServiceKey(stack, service, ['user'], `${imageAccount.uid}:${imageAccount.gid}`),
        ...portEdits(stack, service),
        ...setServiceKey(stack, service, ['healthcheck', 'test'], ['CMD-SHELL', health]),
      ]
    : [];
