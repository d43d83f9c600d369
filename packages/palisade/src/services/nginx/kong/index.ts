import { stringify } from 'yaml';
import type { Service, Stack } from '../../../contracts/stack.ts';
import { servicesOfKind } from '../../../model/index.ts';
import { loadConfiguration } from '../configuration/load.ts';
import { error } from '../errors.ts';
import { isHardened, whyNotHardened } from '../harden.ts';
import { plainPort } from '../hardened/paths.ts';
import { renderHardened } from '../hardened/take-over.ts';
import type { Directive } from '../syntax/directive.ts';
import { parse } from '../syntax/parse.ts';
import { declarationOf, differences } from './declaration.ts';
import { kongRoutesOf } from './routes.ts';
import { renderKongSettings } from './settings.ts';

/** What of the gateway's policy is wanted: Kong's declaration, or the settings of Kong itself. */
export type KongFile = 'kong' | 'kong-conf';

const gatewayOf = (stack: Stack, wanted: string | undefined): Service => {
  const gateways = servicesOfKind(stack, 'nginx');
  const found = wanted === undefined ? gateways : gateways.filter(({ name }) => name === wanted);
  const [first, second] = found;
  if (first === undefined) throw error('nginx/none-to-export', { project: stack.name, wanted });
  if (second !== undefined)
    throw error('nginx/several-to-export', { project: stack.name, services: found.map(({ name }) => name) });
  return first;
};

/** The configuration in the hardened posture: as it stands, or as `palisade harden` would write it. */
const hardenedDirectives = (stack: Stack, service: Service): readonly Directive[] => {
  const configuration = loadConfiguration(stack, service);
  const why =
    configuration.state === 'unknown'
      ? configuration.why
      : isHardened(service)
        ? undefined
        : whyNotHardened(stack, service);
  if (configuration.state === 'unknown' || why !== undefined)
    throw error('nginx/not-exportable', { service: service.name, why: why ?? '' });
  if (isHardened(service)) return configuration.directives;
  const parsed = parse(
    renderHardened(stack, service, configuration.directives, { plain: [plainPort], https: undefined }),
    service.name,
  );
  if (parsed.fault !== undefined) throw error('nginx/not-exportable', { service: service.name, why: parsed.fault.why });
  return parsed.directives;
};

/**
 * The policy of a project's nginx for Kong 3.9. What Kong cannot say as nginx does is left out, and named in the first
 * lines: a route that let in more than nginx does would be worse than none.
 *
 * @throws `nginx/none-to-export`, `nginx/several-to-export`, `nginx/not-exportable`
 */
export const renderKong = (stack: Stack, file: KongFile, wanted?: string): string => {
  const service = gatewayOf(stack, wanted);
  const directives = hardenedDirectives(stack, service);
  if (file === 'kong-conf') return renderKongSettings(directives);
  const { routes, left } = kongRoutesOf(service, directives);
  const comments = [
    `The policy of ${service.name} for Kong 3.9, by \`palisade export kong\`. Written by what Kong documents; not run.`,
    'Check:  kong config parse kong.yaml',
    'It needs the settings that `palisade export kong-conf` prints: certificates, TLS and time limits are there. Without',
    'nginx_proxy_proxy_ssl_trusted_certificate no upstream is believed, and every request is answered with 502.',
    '',
    'Otherwise than nginx:',
    ...[...differences, ...left].map((text) => `- ${text.replace(/[^\x20-\x7e]/g, '?')}`),
  ];
  return `${comments.map((text) => `# ${text}`.trimEnd()).join('\n')}\n${stringify(declarationOf(routes), { lineWidth: 0, aliasDuplicateObjects: false })}`;
};
