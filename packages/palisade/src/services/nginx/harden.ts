import type { ComposeEdit, FileWrite } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { httpsMapping, isWayIn } from '../../model/https-mapping.ts';
import { appendToServiceKey, removeServiceItem, setServiceKey, writeFile } from '../../model/index.ts';
import { retarget } from '../../model/published-ports.ts';
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

/**
 * The ports of plain HTTP inside: an unprivileged one behind port 80, and those that other mappings of the user lead to.
 * Of a service that publishes nothing, the first one that it listens on.
 */
const plainPortsOf = (stack: Stack, service: Service): readonly number[] => {
  const configuration = loadConfiguration(stack, service);
  const listens = (configuration.state === 'known' ? serversOf(configuration.directives) : [])
    .flatMap((server) => server.listens)
    .flatMap(({ port }) => (port === undefined || port === tlsPort ? [] : [port]));
  const others = service.ports.filter((port) => port.protocol === 'tcp' && !isWayIn(port));
  const led = listens.filter((listen) =>
    others.some(({ target, targetEnd }) => target <= listen && listen <= targetEnd),
  );
  const ports = new Set([...(service.ports.some(isWayIn) ? [plainPort] : []), ...led]);
  return ports.size > 0 ? [...ports] : [listens[0] ?? plainPort];
};

/** Leads port 80 to the unprivileged port inside, and publishes HTTPS where plain HTTP is published, no wider. */
const portEdits = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  const { missing, misled } = httpsMapping(stack, service);
  return [
    ...service.ports
      .filter((port) => isWayIn(port) && port.target !== plainPort && port.target !== tlsPort)
      .flatMap((port) => retarget(stack, service, port, plainPort)),
    ...misled.flatMap((port) => retarget(stack, service, port, tlsPort)),
    ...missing.flatMap((entry) => appendToServiceKey(stack, service, ['ports'], entry)),
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
        renderHardened(stack, service, configuration.directives, {
          plain: plainPortsOf(stack, service),
          https: httpsMapping(stack, service).port,
        }),
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
 * What is published stays as public as it was: HTTPS gets the addresses of plain HTTP, and a gateway that publishes nothing
 * goes on publishing nothing.
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
