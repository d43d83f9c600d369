import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessCapability, ProcessContext, ProcessPlan } from '../../contracts/service-kind.ts';
import type { Service } from '../../contracts/stack.ts';
import { messageOf } from '../../support/errors.ts';
import { error } from './errors.ts';
import { httpPort, httpsPort } from './matching.ts';
import { isHardened, isReferenceApi } from './reference-api.ts';

/** The sources beside this package, where both belong to one checkout. */
const bundledSources = join(import.meta.dirname, '../../../../../apps/reference-api');

const isReferenceSource = (directory: string): boolean => {
  const path = join(directory, 'package.json');
  if (!existsSync(path)) return false;
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return (
      typeof content === 'object' && content !== null && 'name' in content && content.name === '@palisade/reference-api'
    );
  } catch {
    return false;
  }
};

/**
 * The directory with the reference API's sources; undefined for any other program. Where a stack was copied away from
 * its sources, those of this checkout stand in, but only for a service that has the reference API's own variable.
 */
const sourcesOf = (service: Service): string | undefined => {
  const context = service.build?.value.context;
  if (context === undefined) return undefined;
  if (isReferenceSource(context)) return context;
  const isCopied = isReferenceApi(service) && !existsSync(context) && context.endsWith('/reference-api');
  return isCopied && isReferenceSource(bundledSources) ? bundledSources : undefined;
};

/** Why a service cannot be run as a process of this host; undefined where it can. */
export const whyLeftOut = (service: Service): string | undefined =>
  sourcesOf(service) === undefined
    ? 'only the bundled reference API can be run without its image; how any other program starts is known to its image alone'
    : undefined;

const portOf = (service: Service): number => (isHardened(service) ? httpsPort : httpPort);

/**
 * Where callers see the service on this host: `https://localhost` means whoever publishes that port, the gateway or the
 * service itself, and here that one listens on another port. Any other origin is a real name and stays.
 */
export const originHere = ({
  stack,
  service,
  layout,
}: Pick<ProcessContext, 'stack' | 'service' | 'layout'>): object => {
  const origin = URL.parse(service.environment.get('PUBLIC_ORIGIN')?.value ?? '');
  if (origin?.protocol !== 'https:' || origin.hostname !== 'localhost') return {};
  const wanted = origin.port === '' ? 443 : Number(origin.port);
  const found = [...stack.services.values()]
    .filter(
      ({ name }) => name === service.name || stack.edges.some(({ from, to }) => from === name && to === service.name),
    )
    .flatMap(({ name, ports }) => ports.map(({ published, target }) => ({ name, published, target })))
    .find(({ published }) => published === wanted);
  return found === undefined ? {} : { PUBLIC_ORIGIN: `https://localhost:${layout.port(found.name, found.target)}` };
};

const plan = async ({ stack, service, layout, environment, reachable }: ProcessContext): Promise<ProcessPlan> => {
  const sources = sourcesOf(service);
  if (sources === undefined)
    throw error('http-api/not-runnable', { service: service.name, why: whyLeftOut(service) ?? 'its sources are gone' });
  const port = layout.port(service.name, portOf(service));
  const scheme = isHardened(service) ? 'https' : 'http';
  const { filesToRun } = await import('./packages.ts');
  const here = await reachable([process.execPath, ...filesToRun(sources)]);
  return {
    prepare: [],
    run: {
      program: here(process.execPath),
      args: ['--conditions=palisade-source', here(join(sources, 'src/main.ts'))],
      environment: { ...environment, ...originHere({ stack, service, layout }), HOST: '127.0.0.1', PORT: String(port) },
    },
    ready: async (signal) => {
      const { send } = await import('./probe/request.ts');
      try {
        const { status } = await send({ scheme, endpoint: { host: '127.0.0.1', port } }, { path: '/health' }, signal);
        if (status === 200) return;
        throw new Error(`/health answers with status ${status}`);
      } catch (thrown) {
        signal.throwIfAborted();
        throw error('http-api/not-ready', { service: service.name, why: messageOf(thrown) }, thrown);
      }
    },
    stopSignal: 'SIGTERM',
    reloadSignal: 'SIGHUP',
  };
};

/** Runs the bundled reference API with this Node. */
export const processCapability: ProcessCapability = {
  ports: (service) => [portOf(service)],
  leftOut: whyLeftOut,
  plan,
};
