import { stripVTControlCharacters } from 'node:util';
import type { Runtime, ServiceStatus } from '../contracts/runtime.ts';
import { collectEvidence } from '../engine/index.ts';
import { type ReachMatrix, matrixOf } from '../report/matrix.ts';
import { renderMatrix } from '../report/reachability.ts';
import { printable } from '../report/text.ts';
import { error } from '../runtime/errors.ts';
import { redactLine } from '../runtime/process/logs.ts';
import type { ExitCode } from '../support/errors.ts';
import type { JobContext } from './context.ts';
import { findVault } from './hardened/vault-access.ts';
import { type RuntimeOptions, openOwnRuntime, openRuntime } from './open-runtime.ts';
import { type ProjectOptions, openProject } from './project.ts';

type WithResult = JobContext & { readonly result: (text: string) => Promise<void> };

/** The services as lines: state, name, where they answer, and why not where they do not run. */
const renderStatus = (services: readonly ServiceStatus[]): string => {
  const longest = Math.max(0, ...services.map(({ service }) => service.length));
  return services
    .map(({ service, state, detail, endpoints }) => {
      const where = endpoints.map(({ host, port, containerPort }) => `${host}:${port} (${containerPort})`).join(', ');
      return `${`${service.padEnd(longest)}  ${state.padEnd(8)}  ${[where, detail ?? ''].filter((part) => part !== '').join('  ')}`.trimEnd()}\n`;
    })
    .join('');
};

/** 0 where all that can run does, as the files say; 3 where something failed, has stopped, or runs with an earlier configuration. */
const exitCodeOfStatus = (services: readonly ServiceStatus[]): ExitCode =>
  services.some(({ state, outdated }) => state === 'failed' || state === 'stopped' || outdated === true) ? 3 : 0;

/** The job behind `palisade up`. */
export const upProject = async (
  options: ProjectOptions &
    RuntimeOptions & { readonly only?: readonly string[] | undefined; readonly identity?: string | undefined },
  context: WithResult,
): Promise<ExitCode> => {
  const stack = await openProject(options, context);
  const { startStack } = await import('./start-stack.ts');
  const services = await startStack(stack, options, context);
  await context.result(renderStatus(services));
  return services.some(({ state }) => state === 'failed') ? 3 : 0;
};

/** The job behind `palisade down`. */
export const downProject = async (options: ProjectOptions & RuntimeOptions, context: JobContext): Promise<ExitCode> => {
  const stack = await openProject(options, context);
  await openOwnRuntime(stack, context, options).down(context);
  return 0;
};

/** Who reaches whom; undefined, with a word about it, where the stack runs without containers. */
const reachMatrix = async (runtime: Runtime, context: JobContext): Promise<ReachMatrix | undefined> => {
  const probes = (runtime.probes?.() ?? []).filter(({ evidence }) => evidence === 'reachability');
  if (probes.length === 0) {
    context.progress('who reaches whom can be tried on a container engine alone: palisade up --runtime compose');
    return undefined;
  }
  const { stack } = runtime;
  const evidence = await collectEvidence({
    stack,
    probes: () => probes,
    target: (service) => ({
      stack,
      service,
      endpoint: (containerPort) => runtime.endpoint(service.name, containerPort),
    }),
    signal: context.signal,
    concurrency: 4,
    timeout: 60_000,
  });
  return matrixOf(evidence.of('reachability'));
};

/** The job behind `palisade status`. */
export const statusProject = async (
  options: ProjectOptions & RuntimeOptions & { readonly json: boolean; readonly reach?: boolean | undefined },
  context: WithResult,
): Promise<ExitCode> => {
  const stack = await openProject(options, context);
  const runtime = openRuntime(stack, context, options);
  const services = await runtime.status();
  const matrix = options.reach === true ? await reachMatrix(runtime, context) : undefined;
  await context.result(
    options.json
      ? `${JSON.stringify({ runtime: runtime.kind, services, ...(matrix === undefined ? {} : { reachability: matrix.rows }) }, null, 2)}\n`
      : `${renderStatus(services)}${matrix === undefined ? '' : `\n${renderMatrix(matrix, { color: false })}`}`,
  );
  return exitCodeOfStatus(services);
};

/** The job behind `palisade restart`. A Vault that was bootstrapped is unsealed afterwards. */
export const restartService = async (
  options: ProjectOptions &
    RuntimeOptions & { readonly service: string; readonly identity?: string | undefined; readonly json: boolean },
  context: WithResult,
): Promise<ExitCode> => {
  const stack = await openProject(options, context);
  const runtime = openOwnRuntime(stack, context, options);
  context.progress(`${options.service}: restarting`);
  await runtime.restart(options.service, context.signal);
  const vault = findVault(stack);
  if (vault?.name === options.service) {
    const { unsealIfBootstrapped } = await import('./start-stack.ts');
    await unsealIfBootstrapped(runtime, vault, options, context);
  }
  const services = (await runtime.status()).filter(({ service }) => service === options.service);
  await context.result(
    options.json ? `${JSON.stringify({ runtime: runtime.kind, services }, null, 2)}\n` : renderStatus(services),
  );
  return exitCodeOfStatus(services);
};

/**
 * The job behind `palisade logs`: what a service has written last. Values of its variables that look like secrets are taken
 * out, and so is what would steer a terminal.
 *
 * @throws `runtime/unknown-service`, `runtime/not-running` where it never ran
 */
export const showLogs = async (
  options: ProjectOptions &
    RuntimeOptions & { readonly service: string; readonly lines: number; readonly json: boolean },
  context: WithResult,
): Promise<ExitCode> => {
  const stack = await openProject(options, context);
  const runtime = openOwnRuntime(stack, context, options);
  const { service, lines } = options;
  const definition = stack.services.get(service);
  if (definition === undefined) throw error('runtime/unknown-service', { service, known: [...stack.services.keys()] });
  if (runtime.logs === undefined) throw error('runtime/read-only', { operation: 'reading the log', service });
  const environment = Object.fromEntries([...definition.environment].map(([name, { value }]) => [name, value ?? '']));
  const written = (await runtime.logs(service, { lines, signal: context.signal }))
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .slice(-lines)
    .map((line) => printable(redactLine(stripVTControlCharacters(line).replaceAll('\t', '  '), environment)));
  await context.result(
    options.json
      ? `${JSON.stringify({ runtime: runtime.kind, service, lines: written }, null, 2)}\n`
      : written.map((line) => `${line}\n`).join(''),
  );
  return 0;
};
