import type { Reload } from '../../contracts/service-kind.ts';
import { quoteValue } from './configuration-file.ts';
import { error } from './errors.ts';
import { send } from './send.ts';

const setting = 'tls-cert-file';

/** What the server says that a setting is; the empty string where nothing is set. The client prints the name, then the value. */
const valueIn = (answer: string, name: string): string => {
  const lines = answer.split(/\r?\n/);
  return lines[lines.indexOf(name) + 1] ?? '';
};

/**
 * Has the server take its certificates anew for the connections that come, of clients, of replicas and of the cluster; those
 * that are open stay as they are, and where the new files cannot be used the old ones go on. To set the path that is set
 * already is enough: the server takes that for a change whatever the value, and reads certificate, key and authorities
 * together (redis/redis pull request 10713; version 7.0.0 alone does not).
 *
 * The administrator does it, whom only the server's own account can be: an account for this alone would need `CONFIG SET`, which
 * rules cannot narrow to single settings, and so would be able to do as much as the administrator. Source: Redis documentation, ACL.
 *
 * Throws `redis/client-failed`, also where the server has no certificates.
 */
export const reload: Reload = async (target, signal) => {
  const answer = await send([`CONFIG GET ${setting}`], target, signal);
  const path = valueIn(answer, setting);
  if (path === '')
    throw error('redis/client-failed', { service: target.service.name, reason: `${setting} is not set` });
  await send([`CONFIG SET ${setting} ${quoteValue(path)}`], target, signal);
};
