import type { Control } from '../../contracts/control.ts';
import { askEachService } from '../question.ts';
import { cisDocker, composeService } from '../references.ts';

/** Directories of the host that no container needs as a whole. */
const whole = new Set([
  '/',
  '/boot',
  '/dev',
  '/etc',
  '/home',
  '/lib',
  '/lib64',
  '/opt',
  '/proc',
  '/root',
  '/srv',
  '/sys',
  '/usr',
  '/var',
  '/var/lib',
  '/var/log',
]);

/** Directories of which no part is harmless. */
const below = ['/boot', '/dev', '/proc', '/sys', '/root', '/var/lib/docker', '/var/lib/containerd', '/var/lib/kubelet'];

/** Parts of `/etc` that hold credentials or decide who may do what. */
const privateConfiguration =
  /^\/etc\/(?:shadow|gshadow|sudoers|ssh|ssl\/private|pam\.d|cron|systemd|docker|kubernetes|security)/;

/** Directories of an account that hold its credentials. */
const credentials = /\/\.(?:ssh|aws|gnupg|kube|docker|azure|config\/gcloud|password-store)(?:\/|$)/;

/** The whole directory of an account. */
const home = /^\/(?:home|Users)\/[^/]+$/;

/** Devices and sockets that programs expect, and that give nothing away. */
const harmless = new Set(['/dev/null', '/dev/zero', '/dev/urandom', '/dev/random', '/dev/shm', '/dev/log']);

const isWithin = (directory: string, path: string): boolean => path === directory || path.startsWith(`${directory}/`);

/** A project may lie below `/root`: that its own files do too gives nothing else away. */
const isSensitive = (source: string, project: string): boolean => {
  const path = source.length > 1 ? source.replace(/\/+$/, '') : source;
  if (harmless.has(path)) return false;
  if (whole.has(path)) return true;
  if (!isWithin(project, path) && below.some((directory) => isWithin(directory, path))) return true;
  return [privateConfiguration, credentials, home].some((pattern) => pattern.test(path));
};

/** C03: no service mounts a directory of the host that gives the host away. */
export const control: Control = {
  id: 'container/sensitive-mount',
  aliases: ['C03'],
  title: 'No sensitive directory of the host is mounted',
  severity: 'high',
  rationale:
    "The host's system directories and an account's credentials let a taken-over container read secrets of everything else, or, where they can be written, run code on the host.",
  fix: 'Mount the one file or directory that the service reads, read-only.',
  references: [cisDocker('5.6'), composeService('volumes')],
  static: askEachService({
    sound: 'mounts no sensitive directory of the host',
    *faults({ name, mounts }, { directory }) {
      for (const { type, source, target, readOnly, at } of mounts)
        if (type === 'bind' && source !== undefined && isSensitive(source, directory))
          yield {
            message: `${name} mounts ${source} of the host${readOnly ? '' : ' and may write to it'}`,
            at,
            key: target,
          };
    },
  }),
};
