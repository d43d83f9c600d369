import type { ComposeEdit } from '../contracts/change.ts';
import type { Service, Stack } from '../contracts/stack.ts';
import { appendToServiceKey, removeServiceItem, setServiceKey } from './edits.ts';
import { vaultOf } from './vault-access.ts';

/**
 * Mounts what Palisade writes, read-only, and takes away what would hide a part of it: what is mounted on or inside of such
 * a place, and what `isFormer` names by its place in the container. Empty once applied.
 */
export const mountOwn = (
  stack: Stack,
  service: Service,
  wanted: readonly (readonly [host: `./${string}`, container: string])[],
  isFormer: (target: string) => boolean = () => false,
): readonly ComposeEdit[] => {
  const isWanted = (target: string, source: string | undefined): boolean =>
    wanted.some(([host, container]) => container === target && source === `${stack.directory}${host.slice(1)}`);
  const hides = (target: string): boolean =>
    isFormer(target) || wanted.some(([, container]) => target === container || target.startsWith(`${container}/`));
  const hiding = service.mounts.filter(({ target, source }) => !isWanted(target, source) && hides(target));
  return [
    ...hiding.flatMap(({ at }) => removeServiceItem(stack, service, 'volumes', at)),
    ...wanted.flatMap(([host, container]) =>
      appendToServiceKey(stack, service, ['volumes'], `${host}:${container}:ro`),
    ),
  ];
};

/**
 * Starts a service through its init script, as an account without rights, after Vault. A health check is replaced where the
 * service has one: nobody asked for another.
 */
export const startThroughInitScript = (
  stack: Stack,
  service: Service,
  how: {
    readonly account: { readonly uid: number; readonly gid: number };
    /** Path of the script in the container. */
    readonly initScript: string;
    readonly command: readonly string[];
    /** `healthcheck.test`: it may hold no credential. */
    readonly alive: readonly ['CMD' | 'CMD-SHELL', ...string[]];
  },
): readonly ComposeEdit[] => {
  const vault = vaultOf(stack, service)?.name;
  return [
    ...setServiceKey(stack, service, ['user'], `${how.account.uid}:${how.account.gid}`),
    ...setServiceKey(stack, service, ['entrypoint'], [how.initScript]),
    ...setServiceKey(stack, service, ['command'], how.command),
    ...(service.healthcheck === undefined || service.healthcheck.value.disabled
      ? []
      : setServiceKey(stack, service, ['healthcheck', 'test'], how.alive)),
    ...(vault !== undefined && !service.dependsOn.has(vault)
      ? appendToServiceKey(stack, service, ['depends_on'], vault)
      : []),
  ];
};
