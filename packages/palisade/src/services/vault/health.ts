import type { Endpoint } from '../../contracts/runtime.ts';
import { messageOf } from '../../support/errors.ts';
import { error } from './errors.ts';

/** Statuses of `sys/health` of a server that serves: active, standby, not initialised, sealed. */
export const serving: ReadonlySet<number> = new Set([200, 429, 472, 473, 501, 503]);

/** Resolves where `sys/health` answers with one of the statuses, over TLS or without. Throws `vault/not-ready`. */
export const awaitHealth = async (
  service: string,
  endpoint: Endpoint,
  wanted: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<void> => {
  const { requestWithoutToken } = await import('./probe/plain-request.ts');
  const reasons: string[] = [];
  for (const over of ['https', 'http'] as const)
    try {
      const { status, text } = await requestWithoutToken(endpoint, '/v1/sys/health', over, signal);
      if (wanted.has(status) && text.startsWith('{')) return;
      reasons.push(`${over} answers with status ${status}`);
    } catch (thrown) {
      signal.throwIfAborted();
      reasons.push(messageOf(thrown));
    }
  throw error('vault/not-ready', { service, why: reasons.join('; ') });
};
