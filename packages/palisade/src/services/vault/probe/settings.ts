import type { VaultClient } from '@palisade/vault';

import type { Answer } from '../../../contracts/evidence.ts';
import { mapConcurrently } from '../../../support/concurrency.ts';
import type { AuditDeviceState, PolicyText, RoleBounds } from '../evidence.ts';
import { ask } from '../known.ts';
import { asBoolean } from '../hcl/read.ts';

/** Policies and roles that are read of one server; more makes the answer unknown rather than partial. */
const mostNames = 500;

const bounded = (names: readonly string[], what: string): readonly string[] => {
  if (names.length > mostNames) throw new Error(`the server has more than ${mostNames} ${what}`);
  return names;
};

const isRaw = (option: string | undefined): boolean =>
  // A text that is no boolean is refused by the server, so it cannot stand here; count it as raw rather than as safe.
  option !== undefined && asBoolean({ kind: 'string', text: option, at: { line: 1, column: 1 } }) !== false;

/** The audit devices; needs `sudo` and `read` on `sys/audit`. */
export const readAuditDevices = (
  client: VaultClient,
  signal: AbortSignal,
): Promise<Answer<readonly AuditDeviceState[]>> =>
  ask(signal, async () =>
    [...(await client.sys.auditDevices({ signal }))].map(([path, { type, options }]) => ({
      path,
      type,
      raw: isRaw(options.get('log_raw')),
    })),
  );

/** Name and text of every ACL policy but `root`, which has no text. */
export const readPolicies = (client: VaultClient, signal: AbortSignal): Promise<Answer<readonly PolicyText[]>> =>
  ask(signal, async () => {
    const names = bounded(await client.sys.listPolicies({ signal }), 'policies').filter((name) => name !== 'root');
    const texts = await mapConcurrently(names, 4, async (name) => ({
      name,
      text: await client.sys.readPolicy(name, { signal }),
    }));
    // A policy that went away between the two reads is none any more.
    return texts.flatMap(({ name, text }) => (text === undefined ? [] : [{ name, text }]));
  });

/** What bounds the secret-ids of every role of every AppRole mount. */
export const readRoles = (client: VaultClient, signal: AbortSignal): Promise<Answer<readonly RoleBounds[]>> =>
  ask(signal, async () => {
    const mounts = [...(await client.sys.authMethods({ signal }))].filter(([, { type }]) => type === 'approle');
    const found: RoleBounds[] = [];
    for (const [path] of mounts) {
      const mount = path.replace(/\/$/, '');
      const approle = client.approle(mount);
      const names = bounded(await approle.listRoles({ signal }), `roles in ${mount}`);
      const roles = await mapConcurrently(names, 4, async (name) => ({
        name,
        role: await approle.readRole(name, { signal }),
      }));
      for (const { name, role } of roles)
        if (role !== undefined)
          found.push({
            role: `${mount}/${name}`,
            secretIdTtl: role.secretIdTtl,
            secretIdUses: role.secretIdUses,
            boundCidrs: role.secretIdBoundCidrs,
          });
    }
    return found;
  });
