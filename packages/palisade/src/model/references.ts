import type { FileSource, Network, Service, Volume } from '../contracts/stack.ts';
import type { Report } from './errors.ts';

/** Reports what services name and nobody defines. Compose refuses to start such a project. */
export const checkReferences = (
  services: ReadonlyMap<string, Service>,
  defined: {
    readonly networks: ReadonlyMap<string, Network>;
    readonly volumes: ReadonlyMap<string, Volume>;
    readonly secrets: ReadonlyMap<string, FileSource>;
    readonly configs: ReadonlyMap<string, FileSource>;
  },
  report: Report,
): void => {
  for (const { name: service, at, image, build, keys, ...names } of services.values()) {
    const { networks, mounts, secrets, configs, dependsOn } = names;
    if (image === undefined && build === undefined && !keys.has('provider'))
      report(
        'error',
        'model/schema-violation',
        { key: `services.${service}`, reason: 'has neither image nor build' },
        at,
      );
    for (const { network, at } of networks)
      if (!defined.networks.has(network))
        report('error', 'model/reference-undefined', { service, what: 'network', name: network }, at);
    for (const { type, source, at } of mounts)
      if (type === 'volume' && source !== undefined && !defined.volumes.has(source))
        report('error', 'model/reference-undefined', { service, what: 'volume', name: source }, at);
    for (const { source, at } of secrets)
      if (!defined.secrets.has(source))
        report('error', 'model/reference-undefined', { service, what: 'secret', name: source }, at);
    for (const { source, at } of configs)
      if (!defined.configs.has(source))
        report('error', 'model/reference-undefined', { service, what: 'config', name: source }, at);
    for (const [name, { at }] of dependsOn)
      if (!services.has(name)) report('error', 'model/reference-undefined', { service, what: 'service', name }, at);
  }
};
