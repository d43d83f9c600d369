import assert from 'node:assert/strict';
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { type InitResult, Secret, type VaultClient, VaultError, createVaultClient } from '@palisade/vault';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import {
  type BootstrapOptions,
  type BootstrapReport,
  bootstrapVault,
} from '../../src/services/vault/bootstrap/bootstrap.ts';
import { authoritiesOf } from '../../src/services/vault/bootstrap/bundle.ts';
import { type KeyStore, openKeyStore } from '../../src/services/vault/bootstrap/key-store.ts';
import type { DeliveredCredential } from '../../src/services/vault/bootstrap/step.ts';
import { PalisadeError } from '../../src/support/errors.ts';
import { deliveredTo, goal, optionsFor, startExample } from './example.ts';

/** Does something with a client, and gives its result. */
type Use<T> = (client: VaultClient) => Promise<T>;

/** The server of the example after its bootstrap, with everything about it that a test may want to look at. */
export interface BootstrappedServer {
  readonly example: Awaited<ReturnType<typeof startExample>>;
  /** What the bootstrap found and did. */
  readonly report: BootstrapReport;
  /** Holds the shares. */
  readonly identity: Secret;
  readonly store: KeyStore;
  /** What the server handed out when it was initialised. */
  readonly handedOut: InitResult;
  /** Every line that the bootstraps said. */
  readonly progress: readonly string[];
  /** Takes these for secrets too, which nobody may see. */
  readonly keepSecret: (...secrets: readonly Secret[]) => void;
  /** Bootstraps it once more. */
  readonly bootstrapAgain: (rest?: Partial<BootstrapOptions>) => Promise<BootstrapReport>;
  /** Uses a client without a token; it trusts the authorities of the listener where none are given. */
  readonly anonymously: <T>(use: Use<T>, authorities?: string) => Promise<T>;
  /** Logs in with a credential, uses the client, and ends the token. */
  readonly as: <T>(credential: DeliveredCredential, use: Use<T>) => Promise<T>;
  readonly asService: <T>(service: string, use: Use<T>) => Promise<T>;
  readonly asOperator: <T>(use: Use<T>) => Promise<T>;
  /** Code of the error that a call ends with, which must show no secret. */
  readonly codeOf: (call: Promise<unknown>) => Promise<string>;
  /** Asserts that no secret was said, stands in a file that is not sealed, or in the log of requests. */
  readonly assertNothingShown: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Starts the server of the example and bootstraps it. */
export const startBootstrappedServer = async (
  options: Pick<BootstrapOptions, 'migrate'> = {},
): Promise<BootstrappedServer> => {
  const identity = new Secret(await generateIdentity());
  const recipient = await identityToRecipient(identity.reveal());
  const example = await startExample();
  const { places, runtime, server } = example;
  const progress: string[] = [];
  /** Everything that nobody may ever see. */
  const canaries: Secret[] = [identity];
  let handedOut: InitResult | undefined;

  const watchingInitialisation = (client: VaultClient): VaultClient => ({
    ...client,
    sys: {
      ...client.sys,
      init: async (...parameters) => {
        handedOut = await client.sys.init(...parameters);
        canaries.push(...handedOut.shares, handedOut.rootToken);
        return handedOut;
      },
    },
  });

  const bootstrap = async (rest: Partial<BootstrapOptions> = {}): Promise<BootstrapReport> => {
    const all = optionsFor(places, runtime, {
      recipients: [recipient],
      progress: (line) => progress.push(line),
      ...rest,
    });
    return bootstrapVault({ ...all, connect: (authorities) => watchingInitialisation(all.connect(authorities)) });
  };

  const anonymously: BootstrappedServer['anonymously'] = async (use, authorities) => {
    const client = createVaultClient({
      address: places.address,
      authorities: authorities ?? (await authoritiesOf(places.listener)),
    });
    try {
      return await use(client);
    } finally {
      await client.close();
    }
  };

  const as: BootstrappedServer['as'] = ({ roleId, secretId }, use) =>
    anonymously(async (client) => {
      const { token } = await client.approle().login(roleId, secretId);
      const own = client.withToken(token);
      const result = await use(own);
      await own.token.revokeSelf();
      return result;
    });

  const asService: BootstrappedServer['asService'] = async (service, use) =>
    as((await deliveredTo(places, service)) ?? assert.fail(`nothing was delivered to ${service}`), use);

  const asOperator: BootstrappedServer['asOperator'] = async (use) =>
    as((await store.operator()) ?? assert.fail('the operator has no login'), use);

  const codeOf = async (call: Promise<unknown>): Promise<string> => {
    const thrown: unknown = await call.then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.ok(thrown instanceof PalisadeError || thrown instanceof VaultError, inspect(thrown));
    const shown = inspect(thrown, { depth: 12, showHidden: true });
    for (const canary of canaries) assert.equal(shown.includes(canary.reveal()), false, thrown.code);
    return thrown.code;
  };

  const assertNothingShown = async (): Promise<void> => {
    const entries = await asOperator((client) => Promise.all(goal.secrets.map(({ path }) => client.kv2().read(path))));
    for (const entry of entries)
      canaries.push(entry?.fields.get('password') ?? assert.fail('an entry has no password'));
    for (const { service } of goal.consumers)
      canaries.push((await deliveredTo(places, service))?.secretId ?? assert.fail(`${service} has no secret-id`));
    assert.ok(canaries.length >= 9);

    const files = await readdir(places.state);
    assert.equal((await stat(places.state)).mode & 0o777, 0o700);
    for (const name of files) assert.equal((await stat(join(places.state, name))).mode & 0o777, 0o600, name);
    const texts = new Map([
      ['the progress', progress.join('\n')],
      ['the log of requests', await readFile(server.auditFile, 'utf8')],
    ]);
    for (const name of files) texts.set(name, await readFile(join(places.state, name), 'utf8'));
    for (const [place, text] of texts)
      for (const canary of canaries) assert.equal(text.includes(canary.reveal()), false, place);
  };

  const store = await openKeyStore(places.state);
  try {
    const report = await bootstrap(options);
    return {
      example,
      report,
      identity,
      store,
      handedOut: handedOut ?? assert.fail('the bootstrap did not initialise the server'),
      progress,
      keepSecret: (...secrets) => void canaries.push(...secrets),
      bootstrapAgain: bootstrap,
      anonymously,
      as,
      asService,
      asOperator,
      codeOf,
      assertNothingShown,
      close: server.close,
    };
  } catch (thrown) {
    await server.close();
    throw thrown;
  }
};

/** Names of the steps of a run that were not already as they should be. */
export const stepsDone = ({ steps }: BootstrapReport): readonly string[] =>
  steps.flatMap(({ step, outcome }) => (outcome === 'done' ? [step] : []));
