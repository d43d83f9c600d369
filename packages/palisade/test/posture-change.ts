import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Finding } from '../src/contracts/finding.ts';
import type { Runtime } from '../src/contracts/runtime.ts';
import type { Stack } from '../src/contracts/stack.ts';
import { prepareTarget } from '../src/engine/index.ts';
import { assessStack } from '../src/jobs/assess.ts';
import type { JobContext } from '../src/jobs/context.ts';
import { hardenDirectory } from '../src/jobs/harden.ts';
import { bringUp } from '../src/jobs/hardened/bring-up.ts';
import { takeOver } from '../src/jobs/hardened/take-over.ts';
import { openOperatorSession } from '../src/jobs/hardened/vault-access.ts';
import { collectAsOperator, collectLiveEvidence } from '../src/jobs/live.ts';
import { openProcessRuntime, runtimeDirectoryOf } from '../src/jobs/open-runtime.ts';
import { openProject } from '../src/jobs/project.ts';
import { discardRuntime } from '../src/runtime/process/discard.ts';
import type { Identity } from '../src/services/postgres/testing/authority.ts';

/** A stack of one kind of server, and the way that it takes from the development posture to the production one. */
export interface Journey {
  /** The kind whose live findings are looked at. */
  readonly kind: string;
  /** The project, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** What every wait is bounded by. */
  readonly context: JobContext;
  /** Programs of the user's own: they have no server here, but accounts and certificates. */
  readonly consumers: readonly string[];
  /** Paths in Vault whose secrets the test wants to know. */
  readonly secrets: readonly string[];
  /**
   * `copy`: a hardened copy with data of its own; `take-over`: a copy that takes the data over; `in-place`: the same files, and the
   * same data.
   */
  readonly way: 'copy' | 'take-over' | 'in-place';
  /** Called while the development posture runs. */
  readonly inDevelopment?: (runtime: Runtime) => Promise<void>;
}

/** The hardened stack while it runs, and what was found in either posture. */
export interface PostureChange extends AsyncDisposable {
  readonly stack: Stack;
  readonly runtime: Runtime;
  /** Certificate of the stack's authority, in PEM. */
  readonly authority: string;
  /** What Vault holds: passwords by path, and other secrets by path and field: `redis-1#replication`. */
  readonly passwords: ReadonlyMap<string, string>;
  /** Live findings about the kind in the development posture, and in the production one. */
  readonly before: readonly Finding[];
  readonly after: readonly Finding[];
  readonly identity: (name: string, role: 'client' | 'server') => Promise<Identity>;
  /** Hardens the files again, and the servers; counts what there was to change. */
  readonly again: () => Promise<{ readonly changes: number; readonly statements: number }>;
}

/** Fields of an entry that are no secret. */
const open = new Set(['username', 'host', 'port', 'database']);

const readPasswords = async (
  stack: Stack,
  runtime: Runtime,
  { context, secrets }: Journey,
): Promise<ReadonlyMap<string, string>> => {
  const operator = await openOperatorSession(stack, runtime, context);
  assert.ok(operator);
  const found = new Map<string, string>();
  try {
    for (const path of secrets) {
      const entry = await operator.client.kv2().read(path, { signal: context.signal });
      assert.ok(entry?.fields.has('password') === true, `no password at ${path}`);
      for (const [field, secret] of entry.fields)
        if (!open.has(field)) found.set(field === 'password' ? path : `${path}#${field}`, secret.reveal());
    }
    return found;
  } finally {
    await operator.close();
  }
};

const writeProject = async (directory: string, files: Journey['files']): Promise<void> => {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  // Closed from the beginning, as the journal closes it, so that the data stays in one place over both postures.
  await mkdir(join(directory, '.palisade'), { mode: 0o700 });
};

const down = (statuses: readonly { readonly service: string; readonly state: string }[]): readonly string[] =>
  statuses
    .filter(({ state }) => state !== 'running')
    .map(({ service }) => service)
    .toSorted();

/** Starts the stack in its development posture, asks it, hardens it, and starts that. Leaves nothing where it fails. */
export const changePosture = async (journey: Journey): Promise<PostureChange> => {
  const { kind, context, way } = journey;
  const ending = { signal: context.signal, progress: context.progress };
  const ofKind = (findings: readonly Finding[]): readonly Finding[] =>
    findings.filter(({ control, source }) => control.startsWith(`${kind}/`) && source === 'live');
  const hardenAt = async (directory: string): Promise<number> => {
    const job = { ...context, result: () => Promise.resolve(), color: false };
    return (await hardenDirectory(await openProject({ directory }, context), job)).changes.length;
  };
  const root = await mkdtemp(join(tmpdir(), `palisade-${kind}-`));
  const started: { readonly stack: Stack; readonly runtime: Runtime }[] = [];
  const openAt = async (directory: string): Promise<{ readonly stack: Stack; readonly runtime: Runtime }> => {
    const stack = await openProject({ directory }, context);
    const opened = { stack, runtime: openProcessRuntime(stack, context) };
    started.push(opened);
    return opened;
  };
  const dispose = async (): Promise<void> => {
    for (const { runtime, stack } of started.toReversed()) {
      await runtime.down({ signal: AbortSignal.timeout(60_000), progress: () => undefined });
      await discardRuntime(runtimeDirectoryOf(stack.directory));
    }
    await rm(root, { recursive: true, force: true });
  };
  try {
    await chmod(root, 0o755);
    const source = join(root, 'stack');
    const target = way === 'in-place' ? source : join(root, 'hardened');
    await writeProject(source, journey.files);
    const consumers = journey.consumers.toSorted();
    const development = await openAt(source);
    assert.deepEqual(down(await development.runtime.up(ending)), consumers);
    const evidence = await collectLiveEvidence(development.stack, context, { runtime: development.runtime });
    const before = ofKind(assessStack(development.stack, context, evidence).findings);
    await journey.inDevelopment?.(development.runtime);
    if (way === 'copy') await development.runtime.down(ending);

    if (target !== source) await prepareTarget({ source, target });
    assert.notEqual(await hardenAt(target), 0);
    const { stack, runtime } = await openAt(target);
    const predecessor = way === 'take-over' ? await takeOver(stack, context) : undefined;
    try {
      const { services } = await bringUp(stack, runtime, { recipients: [], ...predecessor?.options }, context);
      assert.deepEqual(down(services), consumers);
    } finally {
      await predecessor?.close();
    }
    const hardenedEvidence = await collectAsOperator(stack, context, { runtime });
    return {
      stack,
      runtime,
      before,
      after: ofKind(assessStack(stack, context, hardenedEvidence).findings),
      authority: await readFile(join(target, 'certs', 'ca', 'ca.pem'), 'utf8'),
      passwords: await readPasswords(stack, runtime, journey),
      identity: async (name, role) => ({
        cert: await readFile(join(target, 'certs', name, role, 'cert.pem'), 'utf8'),
        key: await readFile(join(target, 'certs', name, role, 'key.pem'), 'utf8'),
      }),
      again: async () => ({
        changes: await hardenAt(target),
        statements: (await bringUp(stack, runtime, { recipients: [] }, context)).statements,
      }),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (thrown) {
    await dispose();
    throw thrown;
  }
};
