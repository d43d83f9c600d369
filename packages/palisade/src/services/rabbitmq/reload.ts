import type { Reload } from '../../contracts/service-kind.ts';
import { error } from './errors.ts';

/**
 * Has the node take its certificates anew for the connections that come, of every listener. Erlang keeps what it has read from
 * the files for two minutes. Source: RabbitMQ documentation, TLS Support, "Clearing the TLS/X.509 cache".
 * Throws `rabbitmq/client-failed`.
 */
export const reload: Reload = async ({ service, exec }, signal) => {
  const command = ['rabbitmqctl', '-q', 'eval', 'ssl:clear_pem_cache().'];
  const { exitCode, stdout, stderr } = await exec(command, '', signal);
  if (exitCode !== 0 || stdout.trim() !== 'ok')
    throw error('rabbitmq/client-failed', {
      service: service.name,
      reason: (stderr.trim() || stdout.trim()).slice(0, 300) || `exit code ${exitCode}`,
    });
};
