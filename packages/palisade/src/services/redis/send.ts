import type { Administered } from '../../contracts/service-kind.ts';
import { error } from './errors.ts';

/**
 * Runs commands as the local administrator, through standard input, so that no hash is an argument. Resolves to what the client
 * printed. Throws `redis/client-failed` where one of them was refused.
 */
export const send = async (
  commands: readonly string[],
  { exec, service }: Pick<Administered, 'exec' | 'service'>,
  signal: AbortSignal,
): Promise<string> => {
  const { exitCode, stdout, stderr } = await exec(['redis-cli'], `${commands.join('\n')}\n`, signal);
  const refused = stdout
    .split('\n')
    .find((line) => /^(?:\(error\) )?(?:ERR|NOAUTH|NOPERM|WRONGPASS|EXECABORT)\b/.test(line));
  // A client that cannot connect says so on standard error, and ends as if all were well.
  const unheard = commands.length > 0 && stdout.trim() === '';
  if (exitCode !== 0 || refused !== undefined || unheard)
    throw error('redis/client-failed', {
      service: service.name,
      // An error may repeat what was sent; a hash in it is not shown.
      reason: (refused ?? (stderr.trim() || 'the client printed no answer'))
        .trim()
        .replaceAll(/#?[0-9a-f]{64}/g, '#…')
        .slice(0, 300),
    });
  return stdout;
};
