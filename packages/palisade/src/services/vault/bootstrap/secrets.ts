import type { Kv2Entry, VaultClient } from '@palisade/vault';
import type { ManagedSecret } from '../../../contracts/service-kind.ts';
import { Secret } from '../../../support/secret.ts';
import type { Step, StepContext } from './step.ts';

type Fields = { readonly [name: string]: Secret | string };

/**
 * The fields of an entry: those that are there stay as they are; a missing one is taken from the goal's text, is
 * generated, or, where the goal does not know it, comes from the development server. A field that is to be generated is
 * never taken over, because its value was known to the development posture.
 */
export const composeFields = (
  secret: ManagedSecret,
  existing: ReadonlyMap<string, Secret>,
  migrated: ReadonlyMap<string, Secret>,
  random: (bytes: number) => Uint8Array,
): Fields => ({
  ...Object.fromEntries(migrated),
  ...Object.fromEntries(
    Object.entries(secret.fields).map(([name, field]) => [
      name,
      'text' in field ? field.text : new Secret(Buffer.from(random(field.generate)).toString('base64url')),
    ]),
  ),
  ...Object.fromEntries(existing),
});

const complete = (secret: ManagedSecret, entry: Kv2Entry | undefined): boolean =>
  entry !== undefined && Object.keys(secret.fields).every((name) => entry.fields.has(name));

const write = async (context: StepContext, client: VaultClient, secret: ManagedSecret): Promise<void> => {
  const { call, migrate, random } = context;
  const kv = client.kv2();
  const entry = await kv.read(secret.path, call);
  // A deleted entry keeps its number, and check-and-set wants that one.
  const version = entry?.version ?? (await kv.metadata(secret.path, call))?.currentVersion ?? 0;
  const migrated =
    entry === undefined ? ((await migrate?.kv2().read(secret.path, call))?.fields ?? new Map()) : new Map();
  const fields = composeFields(secret, entry?.fields ?? new Map(), migrated, random);
  await kv.write(secret.path, fields, { ...call, checkAndSet: version });
};

/** The managed secrets: what exists is kept, what is missing is taken over or generated, and check-and-set guards each write. */
export const managedSecrets: Step = {
  name: 'secrets',
  missing: async (context, client) => {
    const states = await Promise.all(
      context.goal.secrets.map(async (secret) => ({
        secret,
        right: complete(secret, await client.kv2().read(secret.path, context.call)),
      })),
    );
    return states
      .filter(({ right }) => !right)
      .map(({ secret }) => ({
        title: `write secret/${secret.path}`,
        by: 'operator',
        run: (acting) => write(context, acting, secret),
      }));
  },
};
