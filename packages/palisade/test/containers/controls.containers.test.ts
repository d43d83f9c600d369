import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, it } from 'node:test';
import { controls, kinds } from '../../src/catalog.generated.ts';
import type { Finding } from '../../src/contracts/finding.ts';
import { assessStack } from '../../src/jobs/assess.ts';
import { systemContext } from '../../src/jobs/context.ts';
import { collectLiveEvidence } from '../../src/jobs/live.ts';
import { openProject } from '../../src/jobs/project.ts';
import { type ComposeRuntime, createComposeRuntime } from '../../src/runtime/compose/index.ts';
import { discardProject } from '../../src/runtime/compose/volumes.ts';
import { assertProven } from '../proofs.ts';
import { describeWithEngine } from './engine/describe.ts';

const project = `palisade-controls-${process.pid}`;

/** Known as a server of data by its name, of no kind that is asked anything else; only a program that listens is in it. */
const store = 'palisade-stand-in/couchdb';

const confined = `
    user: "4711:4712"
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    read_only: true
    deploy: {resources: {limits: {memory: 64M, cpus: "0.5", pids: 64}}}`;

const composeFile = `name: ${project}
services:
  open:
    image: palisade-stand-in/listener
    security_opt: ["seccomp:unconfined"]
    pid: host
    ipc: host
    devices: ["/dev/null:/dev/of-the-host"]
    volumes: ["./engine/docker.sock:/var/run/docker.sock"]
    networks: [shared]
  store-open:
    image: ${store}
    networks: [shared]
  shut:
    image: palisade-stand-in/listener${confined}
    depends_on: [store-shut]
    networks: [apart]
  store-shut:
    image: ${store}${confined}
    networks: [apart]
networks:
  shared: {}
  apart: {internal: true}
`;

// Whom a service on the host's own network reaches, and who reaches it, would blur what the others say about their networks.
const hostFile = `name: ${project}-host
services:
  of-the-host:
    image: palisade-stand-in/listener
    entrypoint: ["sleep", "600"]
    network_mode: host
`;

const context = systemContext(AbortSignal.timeout(300_000), () => undefined);

await describeWithEngine('the controls that ask containers and their networks', ['listener'], (engine) => {
  let root = '';
  const runtimes: ComposeRuntime[] = [];
  const findings: Finding[] = [];

  /** Starts a project and asks its containers. */
  const ask = async (name: string, text: string): Promise<void> => {
    const directory = join(root, name);
    mkdirSync(join(directory, 'engine'), { recursive: true });
    // What is mounted is no socket: the control is about the mount, and nobody is given an engine here.
    writeFileSync(join(directory, 'engine', 'docker.sock'), '');
    writeFileSync(join(directory, 'compose.yaml'), text);
    const stack = await openProject({ directory }, context);
    const runtime = createComposeRuntime({
      stack,
      kinds,
      stateDirectory: join(directory, '.palisade', 'compose'),
      programDirectories: (process.env['PATH'] ?? '').split(delimiter),
      environment: engine.environment,
    });
    runtimes.push(runtime);
    await runtime.up({ signal: context.signal, progress: () => undefined });
    findings.push(...assessStack(stack, context, await collectLiveEvidence(stack, context, { runtime })).findings);
  };

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'palisade-controls-'));
    await engine.ask(['tag', 'palisade-stand-in/listener', store]);
    await ask('apart', composeFile);
    await ask('host', hostFile);
  });
  after(async () => {
    for (const { host } of runtimes) await discardProject(host, AbortSignal.timeout(60_000));
    await engine.docker(['image', 'rm', store]);
    rmSync(root, { recursive: true, force: true });
  });

  const asked = controls.filter(({ live }) => live?.needs.some((need) => ['container', 'reachability'].includes(need)));

  const namesOf = (control: string, outcome: Finding['outcome']): readonly string[] =>
    findings
      .filter((finding) => finding.source === 'live' && finding.control === control && finding.outcome === outcome)
      .map(({ resource }) => ('name' in resource ? resource.name : resource.type));

  it('fail of containers that are confined by nothing, and pass of those that are', () => {
    assert.ok(asked.length >= 15);
    const accused = asked.filter(({ id }) =>
      namesOf(id, 'fail').some((name) => !['shut', 'store-shut'].includes(name)),
    );
    const cleared = asked.filter(
      ({ id }) => namesOf(id, 'pass').includes('shut') && !namesOf(id, 'fail').some((name) => /shut/.test(name)),
    );
    assertProven(import.meta.filename, { failed: accused.map(({ id }) => id), passed: cleared.map(({ id }) => id) });
  });

  it('accuse a container of nothing but what is so', () => {
    assert.deepEqual(namesOf('container/docker-socket', 'fail'), ['open']);
    assert.deepEqual(namesOf('network/host-network', 'fail'), ['of-the-host']);
    assert.deepEqual(namesOf('network/internal-data-network', 'fail'), ['store-open']);
    assert.deepEqual(namesOf('network/declared-reach', 'pass').toSorted(), ['of-the-host', 'shut', 'store-shut']);
  });
});
