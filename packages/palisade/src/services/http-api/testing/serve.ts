import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type RequestListener, createServer } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ProbeTarget } from '../../../contracts/service-kind.ts';
import type { Service, Stack } from '../../../contracts/stack.ts';
import { loadStack } from '../../../model/index.ts';
import { kind } from '../index.ts';
import type { Origin } from '../probe/request.ts';

/** The bundled stack, whose reference API stands for the services of tests. */
export const bundled: Stack = await loadStack({
  directory: join(import.meta.dirname, '../../../../../../stack'),
  environment: {},
  kinds: [kind],
});

/** The service that a server of a test stands for. */
export const bundledService = (): Service => {
  const service = bundled.services.get('reference-api');
  assert.ok(service);
  return service;
};

/** A server of a test. */
export interface Served {
  readonly origin: Origin;
  readonly target: ProbeTarget;
  /** `GET /path` of each request, in their order. */
  readonly asked: readonly string[];
  /** The most requests that were under way at once. */
  readonly most: () => number;
}

/** A server on loopback that answers as told, and the target that stands for it. It ends with the test. */
export const serve = async (context: TestContext, listener: RequestListener): Promise<Served> => {
  const asked: string[] = [];
  let underWay = 0;
  let most = 0;
  const server = createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
    most = Math.max(most, ++underWay);
    response.once('close', () => (underWay -= 1));
    listener(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const endpoint = { host: '127.0.0.1', port: address.port };
  // Without sources: what lies with those of the reference API is about that one.
  const { build: _sources, ...service } = bundledService();
  return {
    origin: { scheme: 'http', endpoint },
    target: { stack: bundled, service, endpoint: (port) => (port === 8000 ? endpoint : undefined) },
    asked,
    most: () => most,
  };
};
