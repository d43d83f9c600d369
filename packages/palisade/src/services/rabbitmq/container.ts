import type { ContainerCapability } from '../../contracts/service-kind.ts';
import { listeningScript } from '../../support/listening.ts';
import { error } from './errors.ts';
import { listenersFor } from './listeners.ts';
import { reload } from './reload.ts';

/**
 * In a container: the tools of the image know the node by its cookie, which is a file of its account, so that no password is
 * asked for. The listener for clients is the last thing that a node starts.
 */
export const container: ContainerCapability = {
  ready: async ({ stack, service, exec }, signal) => {
    const port = listenersFor(stack, service, 'amqp')[0]?.port ?? 5672;
    const { exitCode, stderr } = await exec(['sh', '-c', listeningScript(port)], '', signal);
    if (exitCode !== 0)
      throw error('rabbitmq/not-reachable', {
        service: service.name,
        reason: stderr.trim() || `nothing listens on port ${port} yet`,
      });
  },
  reload,
};
