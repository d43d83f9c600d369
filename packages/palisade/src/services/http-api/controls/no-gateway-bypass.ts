import type { ComposeEdit } from '../../../contracts/change.ts';
import type { Control, Observation } from '../../../contracts/control.ts';
import type { Port, Service, Stack } from '../../../contracts/stack.ts';
import { serviceResource, setServiceItem, setServiceKey } from '../../../model/index.ts';
import { httpServices } from '../reference-api.ts';
import { cwe, owaspApi } from '../references.ts';

const gatewayImage = /(?:^|\/)(?:nginx|traefik|caddy|haproxy|envoy|kong|apisix)(?:-|$)/;

/** The service by which callers are meant to come in. */
const gatewayOf = (stack: Stack): Service | undefined =>
  [...stack.services.values()].find(
    ({ kind, image }) => kind === 'nginx' || gatewayImage.test(image?.value.repository ?? ''),
  );

const isLoopback = (address: string): boolean => /^(?:127\.|\[?::1\]?$|localhost$)/.test(address);

/** Binds an entry to loopback, as the control of published ports does; only where the entry is as plain as most are. */
const bind = (stack: Stack, service: Service, port: Port, position: number): readonly ComposeEdit[] => {
  if (port.syntax === 'long') return setServiceKey(stack, service.name, ['ports', position, 'host_ip'], '127.0.0.1');
  return /^(?:\d+|\$\{\w+:?-\d+\}):\d+(?:\/tcp)?$/.test(port.raw)
    ? setServiceItem(stack, service, 'ports', port.at, `127.0.0.1:${port.raw}`)
    : [];
};

function* judgeFiles(stack: Stack, service: Service): Generator<Observation> {
  const resource = serviceResource(service);
  const gateway = gatewayOf(stack)?.name;
  let isBypassed = false;
  for (const [position, port] of service.ports.entries()) {
    if (isLoopback(port.hostAddress)) continue;
    isBypassed = true;
    const remedy = bind(stack, service, port, position);
    yield {
      outcome: 'fail',
      resource,
      key: `${port.published ?? ''}:${port.target}`,
      at: port.at,
      message: `${service.name} is reached on port ${port.published ?? port.target} beside ${gateway === undefined ? 'any gateway' : `the gateway ${gateway}`}`,
      ...(remedy.length === 0 ? {} : { remedy }),
    };
  }
  if (!isBypassed) yield { outcome: 'pass', resource, message: 'is not published beyond this machine', at: service.at };
}

/** A05: nobody reaches the service but by the gateway. */
export const control: Control<'listeners'> = {
  id: 'http-api/no-gateway-bypass',
  aliases: ['A05'],
  title: 'The service is reached through the gateway alone',
  severity: 'high',
  rationale:
    'Whoever reaches the service beside the gateway is not asked for credentials there, not slowed down, and leaves no trace in its log.',
  fix: 'Do not publish the port, or publish it on 127.0.0.1; let the gateway reach the service over their common network.',
  references: [owaspApi('API8', '0xa8-security-misconfiguration'), cwe(288)],
  checklist: ['firewall'],
  *static(stack) {
    for (const service of httpServices(stack)) yield* judgeFiles(stack, service);
  },
  live: {
    attack: 'reach the service beside the gateway',
    needs: ['listeners'],
    *assess(stack, evidence) {
      const names = new Set(httpServices(stack).map(({ name }) => name));
      for (const [name, answer] of evidence.of('listeners')) {
        if (!names.has(name)) continue;
        const resource = serviceResource({ name });
        if (!answer.known) {
          yield { outcome: 'unknown', resource, message: answer.why };
          continue;
        }
        const open = answer.value.listeners.filter(({ address }) => !isLoopback(address));
        yield open.length > 0
          ? {
              outcome: 'fail',
              resource,
              key: 'listeners',
              message: `${name} listens beyond this machine on ${open.map(({ address, port }) => `${address} port ${port}`).join(', ')}`,
            }
          : { outcome: 'pass', resource, message: 'listens on this machine alone' };
      }
    },
  },
};
