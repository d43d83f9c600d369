import type { Control } from '../../contracts/control.ts';
import type { Mount } from '../../contracts/stack.ts';
import { askEachContainer } from '../container-question.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

const sockets = /\/(?:docker|podman|containerd|cri-?o|crio)\.sock$/;

/** Directories whose mount brings the engine's socket along. */
const socketDirectories = new Set(['/var/run', '/run', '/run/containerd', '/run/podman', '/var/run/podman']);

const engineSocket = ({ type, source = '' }: Pick<Mount, 'source'> & { readonly type: string }): string | undefined => {
  if (type !== 'bind' && type !== 'npipe') return undefined;
  if (sockets.test(source) || type === 'npipe') return source;
  return socketDirectories.has(source) ? `${source}, where the engine keeps its socket` : undefined;
};

/** C02: no service holds the container engine's socket, read-only or not. */
export const control: Control<'container'> = {
  id: 'container/docker-socket',
  aliases: ['C02'],
  title: "The container engine's socket stays out of containers",
  severity: 'critical',
  rationale:
    'Whoever may talk to the engine may start a privileged container that mounts the host. Mounting the socket read-only does not help: requests are written through the connection, not the file.',
  fix: 'Put a filtering socket proxy between the service and the engine, on a network of their own, or drop the mount.',
  references: [cisDocker('5.32'), composeService('volumes')],
  static: askEachService({
    sound: "does not hold the engine's socket",
    *faults({ name, mounts, keys }) {
      for (const mount of mounts) {
        const source = engineSocket(mount);
        if (source === undefined) continue;
        const readOnly = mount.readOnly ? ', and `ro` does not keep it from sending commands' : '';
        yield { message: `${name} mounts ${source}${readOnly}`, at: mount.at, key: mount.target };
      }
      const api = keys.get('use_api_socket');
      if (api !== undefined)
        yield { message: `${name} is given the engine's API socket`, at: api, key: 'use_api_socket' };
    },
  }),
  live: {
    needs: ['container'],
    assess: askEachContainer({
      settingsOnly: true,
      sound: "the engine mounted no engine's socket into it",
      *faults({ mounts }, { name }) {
        for (const mount of mounts) {
          const source = engineSocket(mount);
          if (source !== undefined) yield { message: `the engine mounted ${source} into ${name}`, key: mount.target };
        }
      },
    }),
  },
};
