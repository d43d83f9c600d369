import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Secret } from '@palisade/vault/secret';
import { callerOf } from '../../../../../apps/reference-api/src/oauth/testing/browser.ts';
import { basic, membersOf } from '../../../../../apps/reference-api/src/oauth/testing/flow.ts';
import { freePort } from '../../../../../apps/reference-api/src/testing/children.ts';
import { outsideOf, populate } from '../../../../../apps/reference-api/src/testing/operator.ts';
import {
  type HardenedPlayground,
  type Playground,
  openDevelopment,
  openHardened,
} from '../../../../../apps/reference-api/src/testing/playground.ts';
import type { Control, Observation } from '../../contracts/control.ts';
import type { Answer, Evidence, EvidenceMap } from '../../contracts/evidence.ts';
import type { ProbeTarget, ProcessContext } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { loadStack } from '../../model/index.ts';
import { retry } from '../../support/retry.ts';
import { control as authenticatedRoutes } from './controls/authenticated-routes.ts';
import { control as challenges } from './controls/challenges.ts';
import { control as countedAttempts } from './controls/counted-attempts.ts';
import { control as forgedTokens } from './controls/forged-tokens.ts';
import { control as maskedErrors } from './controls/masked-errors.ts';
import { control as noDebugSurface } from './controls/no-debug-surface.ts';
import { control as noForeignOrigins } from './controls/no-foreign-origins.ts';
import { control as securityHeaders } from './controls/security-headers.ts';
import { control as tlsOnly } from './controls/tls-only.ts';
import { assertProven } from '../../../test/proofs.ts';
import type { HttpEvidence } from './evidence.ts';
import { kind } from './index.ts';
import { collect } from './probe/collect.ts';

const controls: readonly Control<'http'>[] = [
  authenticatedRoutes,
  challenges,
  countedAttempts,
  forgedTokens,
  maskedErrors,
  noDebugSurface,
  noForeignOrigins,
  securityHeaders,
  tlsOnly,
];

let stack: Stack;
let service: Service;
let development: Playground;
let hardened: HardenedPlayground;
before(async () => {
  stack = await loadStack({
    directory: join(import.meta.dirname, '../../../../../stack'),
    environment: {},
    kinds: [kind],
  });
  const found = stack.services.get('reference-api');
  assert.ok(found);
  service = found;
  [development, hardened] = await Promise.all([openDevelopment(), openHardened()]);
});
after(async () => {
  await development.close();
  await hardened.close();
});

const target = (containerPort: number, port: number, authorities?: string): ProbeTarget => ({
  stack,
  service,
  endpoint: (asked) => (asked === containerPort ? { host: '127.0.0.1', port } : undefined),
  ...(authorities === undefined ? {} : { authorities }),
});

const evidenceOf = (value: HttpEvidence): Evidence<'http'> => ({
  of: <Name extends 'http'>(): ReadonlyMap<string, Answer<EvidenceMap[Name]>> =>
    new Map([['reference-api', { known: true, value }]]),
});

const judge = (value: HttpEvidence): Record<string, Observation['outcome']> =>
  Object.fromEntries(
    controls.flatMap(({ id, live }) =>
      [...(live?.assess(stack, evidenceOf(value)) ?? [])].map(({ outcome }) => [id, outcome] as const),
    ),
  );

const users = async (port: number): Promise<string> => (await fetch(`http://127.0.0.1:${port}/api/users`)).text();

/** What the development posture was found to be. */
let accused: ReturnType<typeof judge> = {};

test('fails every control on the development posture of the reference API', async () => {
  const api = await development.startApi();
  const before = await users(api.port);
  const evidence = await collect(target(8000, api.port), AbortSignal.timeout(30_000));
  accused = judge(evidence);
  assert.deepEqual(accused, {
    'http-api/authenticated-routes': 'fail',
    'http-api/challenges': 'unknown',
    'http-api/counted-attempts': 'fail',
    'http-api/forged-tokens': 'fail',
    'http-api/masked-errors': 'fail',
    'http-api/no-debug-surface': 'fail',
    'http-api/no-foreign-origins': 'fail',
    'http-api/security-headers': 'fail',
    'http-api/tls-only': 'fail',
  });
  assert.deepEqual(evidence.plaintextPorts, { known: true, value: [8000] });
  assert.ok(
    evidence.origins.known && evidence.origins.value.some(({ trick, credentials }) => trick === 'any' && credentials),
  );
  assert.equal(await users(api.port), before, 'the probe changed data');
  await api.stop();
});

test('passes every control on the hardened posture of the reference API', async () => {
  const api = await hardened.startApi();
  const authorities = await readFile(hardened.authority.certificate, 'utf8');
  const evidence = await collect(target(8443, api.port, authorities), AbortSignal.timeout(30_000));
  assert.deepEqual(judge(evidence), {
    'http-api/authenticated-routes': 'pass',
    'http-api/challenges': 'pass',
    'http-api/counted-attempts': 'pass',
    'http-api/forged-tokens': 'pass',
    'http-api/masked-errors': 'pass',
    'http-api/no-debug-surface': 'pass',
    'http-api/no-foreign-origins': 'pass',
    'http-api/security-headers': 'pass',
    'http-api/tls-only': 'pass',
  });
  assert.deepEqual(evidence.protocols, { known: true, value: ['TLSv1.2', 'TLSv1.3'] });
  const having = (judged: ReturnType<typeof judge>, wanted: string): readonly string[] =>
    Object.entries(judged).flatMap(([id, outcome]) => (outcome === wanted ? [id] : []));
  assertProven(import.meta.filename, { failed: having(accused, 'fail'), passed: having(judge(evidence), 'pass') });
  await api.stop();
});

test('meets on every route of the hardened reference API what its guard declares', async () => {
  const api = await hardened.startApi();
  const outside = await outsideOf(hardened, api, new Secret(crypto.randomUUID()));
  const { robot } = await populate(api, outside.password);
  const call = callerOf(outside);
  const form = { grant_type: 'client_credentials', scope: 'read' };
  const { access_token: token = '' } = membersOf(await call('/oauth/token', { form, headers: basic(robot) }));
  const { body, status } = await call('/api/openapi.json', { headers: { authorization: `Bearer ${token}` } });
  assert.equal(status, 200);
  const directory = await mkdtemp(join(tmpdir(), 'palisade-http-api-'));
  try {
    await writeFile(join(directory, 'openapi.json'), body);
    assert.ok(service.build);
    const built = { ...service, build: { ...service.build, value: { ...service.build.value, context: directory } } };
    const { routes, tokens, limits } = await collect(
      { ...target(8443, api.port, outside.authority), service: built },
      AbortSignal.timeout(30_000),
    );
    assert.ok(routes.known && tokens.known && limits.known);
    const { open, unanswered, untried, locked, public: declared } = routes.value;
    assert.deepEqual([open, unanswered], [[], 0]);
    // The one operation that changes something and takes no JSON: a user is deleted.
    assert.equal(untried, 1);
    for (const path of ['/api/users', '/api/user/1']) assert.ok(locked.includes(path), path);
    assert.ok(declared.includes('GET /health'), declared.join(', '));
    assert.equal(tokens.value.refused.length, 16);
    assert.deepEqual(tokens.value.untried, []);
    assert.deepEqual(limits.value.declared, { limit: 600, counted: true });
  } finally {
    await rm(directory, { recursive: true });
  }
  await api.stop();
});

test('does not trust a certificate that another authority signed', async () => {
  const api = await hardened.startApi();
  const other = await readFile(development.authority.certificate, 'utf8');
  const evidence = await collect(target(8443, api.port, other), AbortSignal.timeout(30_000));
  assert.equal(judge(evidence)['http-api/tls-only'], 'fail');
  await api.stop();
});

test('tells nothing of a service that does not answer', async () => {
  const port = await freePort();
  await assert.rejects(collect(target(8000, port), AbortSignal.timeout(10_000)), { code: 'http-api/no-answer' });
  await assert.rejects(collect(target(1, port), AbortSignal.timeout(10_000)), { code: 'http-api/no-endpoint' });
});

/** Runs the plan that the kind makes, as the process runtime does, and stops it again. */
const runPlan = async (posture: Service, environment: Readonly<Record<string, string>>): Promise<void> => {
  const port = await freePort();
  const context: ProcessContext = {
    stack,
    service: posture,
    environment,
    layout: { stateDirectory: '/', path: (path) => path, port: () => port, text: (text) => text },
    program: () => undefined,
    reachable: () => Promise.resolve((path) => path),
    account: { uid: 0, gid: 0 },
  };
  const plan = await kind.process?.plan(context);
  assert.ok(plan);
  const child = spawn(plan.run.program, [...plan.run.args], { env: { ...plan.run.environment }, stdio: 'ignore' });
  try {
    await retry(plan.ready, { within: 10_000 });
  } finally {
    child.kill('SIGTERM');
    await once(child, 'close');
  }
  assert.equal(child.exitCode, 0);
};

test('runs as a process in both postures', async () => {
  const open = await development.startApi();
  await runPlan(service, open.environment);
  const shut = await hardened.startApi();
  // One process at a time writes an audit log.
  await shut.stop();
  const located = service.environment.get('REFERENCE_API_POSTURE');
  assert.ok(located);
  await runPlan(
    { ...service, environment: new Map([['REFERENCE_API_POSTURE', { ...located, value: 'hardened' }]]) },
    shut.environment,
  );
  await open.stop();
});

test('leaves out what is built from other sources, with the reason', async () => {
  assert.ok(service.build);
  const build = { ...service.build, value: { ...service.build.value, context: '/nowhere/orders-api' } };
  assert.match(kind.process?.leftOut?.({ ...service, build }, stack) ?? '', /only the bundled reference API/);
  assert.equal(kind.process?.leftOut?.(service, stack), undefined);
});
