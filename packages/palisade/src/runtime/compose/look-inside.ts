import { readFileSync } from 'node:fs';
import type { Answer } from '../../contracts/evidence.ts';
import { messageOf } from '../../support/errors.ts';
import { listenersOf } from '../listeners.ts';
import type { Container } from './container.ts';
import { type Host, runInside } from './host.ts';
import { type KernelView, kernelFiles, parseKernelView } from './kernel-view.ts';

const readOrEmpty = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** True where the process of this machine with that number is the container's; with an engine elsewhere it is anybody's. */
const isHere = ({ processId, id }: Container): boolean =>
  processId > 0 && readOrEmpty(`/proc/${processId}/cgroup`).includes(id);

const fromHost = (container: Container): KernelView => {
  const { processId, host } = container;
  const view = parseKernelView(kernelFiles.map((file) => readOrEmpty(`/proc/${processId}/${file}`)).join('\n'));
  // In the host's network every listener of the machine shows; only its own sockets tell.
  return host.NetworkMode === 'host' ? { ...view, listeners: listenersOf(processId).own } : view;
};

/**
 * Looks at a running container with the eyes of the kernel: on this machine where the engine is here, else by a program of
 * the container. Unknown, with the reason, where neither can.
 */
export const lookInside = async (
  host: Host,
  container: Container,
  signal: AbortSignal,
): Promise<Answer<KernelView>> => {
  try {
    if (isHere(container)) return { known: true, value: fromHost(container) };
    if (container.host.PidMode !== '')
      return {
        known: false,
        why: `${container.service} shares a process table, so its first process is not the first there`,
      };
    const { stdout, stderr } = await runInside(
      host,
      container,
      ['cat', ...kernelFiles.map((file) => `/proc/1/${file}`)],
      {
        signal,
        timeout: host.bounds.question,
      },
    );
    // A kernel without IPv6 lacks one of the files, and cat says so; what matters is what it could read.
    if (stdout === '') return { known: false, why: `cat could not be run in ${container.service}: ${stderr.trim()}` };
    return { known: true, value: parseKernelView(stdout) };
  } catch (thrown) {
    signal.throwIfAborted();
    return { known: false, why: messageOf(thrown) };
  }
};
