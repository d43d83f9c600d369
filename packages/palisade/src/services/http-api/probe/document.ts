import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Service } from '../../../contracts/stack.ts';
import { mapConcurrently } from '../../../support/concurrency.ts';
import { type DocumentedRoute, routesOf } from './openapi.ts';
import { descriptions } from './paths.ts';
import type { Origin } from './request.ts';
import { askOne, concurrency, isSuccess } from './reply.ts';

/** More bytes than are read of a document. */
const documentLimit = 4 * 1024 * 1024;

/** Where a project keeps the description of a service that shows it to nobody, below the directory that it is built from. */
const projectFiles: readonly string[] = ['openapi.json', 'docs/openapi.json', 'swagger.json'];

const readBounded = async (path: string, signal: AbortSignal): Promise<string | undefined> => {
  signal.throwIfAborted();
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    return size > documentLimit ? undefined : await file.readFile('utf8');
  } catch {
    // Most projects have none.
    return undefined;
  }
};

/**
 * The routes that a service documents: those of the document that it shows to everybody, else those of the one that lies
 * with its sources, as a guarded service hides its own. Empty where there is none.
 */
export const documentedRoutes = async (
  origin: Origin,
  service: Service,
  signal: AbortSignal,
): Promise<readonly DocumentedRoute[]> => {
  const shown = await mapConcurrently(descriptions, concurrency, (path) =>
    askOne(origin, { path, mostBytes: documentLimit }, signal),
  );
  for (const reply of shown) {
    const routes = reply === undefined || !isSuccess(reply.status) ? undefined : routesOf(reply.body);
    if (routes !== undefined) return routes;
  }
  const context = service.build?.value.context;
  for (const name of context === undefined ? [] : projectFiles) {
    const text = await readBounded(join(context ?? '', name), signal);
    const routes = text === undefined ? undefined : routesOf(text);
    if (routes !== undefined) return routes;
  }
  return [];
};
