import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { loadStack } from '../../../src/model/load.ts';
import { mapConcurrently } from '../../../src/support/concurrency.ts';
import { discoverKinds } from '../../../src/testing/discover.ts';
import type { Engine } from '../engine/index.ts';
import type { ComposeProject } from '../stack/project.ts';

const inspected = z.record(z.string(), z.object({ IPAddress: z.string(), GlobalIPv6Address: z.string() }).loose());

/** An edge, as `caller → callee`. */
export type Edge = `${string} → ${string}`;

/** Nodes of one cluster differ in a number, and call each other although no text says so. */
const isSameCluster = (a: string, b: string): boolean => {
  const [one, other] = [/^(.+)-\d+$/.exec(a)?.[1], /^(.+)-\d+$/.exec(b)?.[1]];
  return one !== undefined && one === other;
};

/**
 * The edges that there have to be: who calls whom, as the project's addresses, links and `depends_on` say it. Which networks it
 * has says nothing here, so a network that joins two services without a call between them shows. A network leads both ways: who
 * is called reaches its caller as well.
 */
export const declaredEdges = async (directory: string): Promise<readonly Edge[]> => {
  const { found } = await discoverKinds();
  const { services, edges } = await loadStack({ directory, environment: {}, kinds: found });
  const calls = (from: string, to: string): boolean =>
    isSameCluster(from, to) || edges.some((edge) => edge.from === from && edge.to === to);
  return [...services.keys()]
    .flatMap((from) =>
      [...services.keys()]
        .filter((to) => to !== from && (calls(from, to) || calls(to, from)))
        .map((to): Edge => `${from} → ${to}`),
    )
    .toSorted();
};

/** Every address of a container, of both families. */
export const addressesOf = async (engine: Engine, container: string): Promise<readonly string[]> => {
  const text = await engine.ask(['inspect', '--format', '{{json .NetworkSettings.Networks}}', container]);
  return Object.values(inspected.parse(JSON.parse(text)))
    .flatMap(({ IPAddress, GlobalIPv6Address }) => [
      IPAddress,
      GlobalIPv6Address === '' ? '' : `[${GlobalIPv6Address}]`,
    ])
    .filter((address) => address !== '');
};

const networksOf = z.object({
  IPAM: z.object({ Config: z.array(z.object({ Gateway: z.string().optional() }).loose()) }).loose(),
});

/** The addresses of the bridges that a service is on: the host, as its container sees it, also on internal networks. */
export const gatewaysOf = async (
  engine: Engine,
  project: ComposeProject,
  service: string,
): Promise<readonly string[]> => {
  const names = await engine.ask([
    'inspect',
    '--format',
    '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}',
    project.container(service),
  ]);
  const gateways: string[] = [];
  for (const name of names.split(' ').filter((each) => each !== '')) {
    const text = await engine.ask(['network', 'inspect', '--format', '{{json .}}', name]);
    for (const { Gateway } of networksOf.parse(JSON.parse(text)).IPAM.Config)
      if (Gateway !== undefined) gateways.push(Gateway);
  }
  return gateways;
};

const script = readFileSync(join(import.meta.dirname, 'connect.pl'), 'utf8');

/**
 * Tries to connect from inside of a container to each of the targets (`host:port`), all at the same time.
 *
 * @returns the targets that answered, in the order of the targets; a refused connection, silence for three seconds and an
 * unknown name are no answer
 */
export const reachedFrom = async (
  engine: Engine,
  container: string,
  targets: readonly string[],
): Promise<readonly string[]> => {
  const answer = await engine.ask(['exec', '--interactive', container, 'perl', '-', ...targets], { input: script });
  const reached = new Set(answer.split('\n'));
  return targets.filter((target) => reached.has(target));
};

/** The edges that exist: each service tries every address and the name of every other, from inside of its container. */
export const measuredEdges = async (
  engine: Engine,
  project: ComposeProject,
  portsOf: Readonly<Record<string, readonly number[]>>,
): Promise<readonly Edge[]> => {
  const services = Object.keys(portsOf);
  const targets = new Map<string, string>();
  for (const service of services)
    for (const host of [service, ...(await addressesOf(engine, project.container(service)))])
      for (const port of portsOf[service] ?? []) targets.set(`${host}:${port}`, service);
  const edges = await mapConcurrently(services, services.length, async (from) => {
    const others = [...targets].filter(([, service]) => service !== from).map(([target]) => target);
    const reached = await reachedFrom(engine, project.container(from), others);
    return reached.map((target): Edge => `${from} → ${targets.get(target) ?? target}`);
  });
  return [...new Set(edges.flat())].toSorted();
};
