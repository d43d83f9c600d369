import type { Service, Stack } from '../contracts/stack.ts';

/**
 * True where a service is in the network of the host, by its own `network_mode` or by that of the service whose network it
 * shares: each address that it listens on is one of the host then, and no mapping stands in between. Source: Compose
 * specification, `network_mode`.
 */
export const sharesHostNetwork = (stack: Stack, service: Service): boolean => {
  const seen = new Set<string>();
  let current: Service | undefined = service;
  while (current !== undefined && !seen.has(current.name)) {
    seen.add(current.name);
    const mode: string = current.networkMode?.value ?? '';
    if (mode === 'host') return true;
    current = mode.startsWith('service:') ? stack.services.get(mode.slice('service:'.length)) : undefined;
  }
  return false;
};
