import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { Port } from '../../contracts/stack.ts';
import { sketchStack } from '../process/testing.ts';
import { createPublishedRuntime } from './index.ts';

const published = (port: Partial<Port> & { readonly target: number }): Port => ({
  at: { file: 'compose.yaml', line: 1, column: 1 },
  targetEnd: port.target,
  hostAddress: '',
  protocol: 'tcp',
  syntax: 'short',
  raw: '',
  interpolations: [],
  ...(port.published === undefined ? {} : { publishedEnd: port.published }),
  ...port,
});

const progress = (): void => undefined;

const endpoints: readonly (readonly [string, Port, number, { host: string; port: number } | undefined])[] = [
  ['on every interface', published({ target: 80, published: 8080 }), 80, { host: '127.0.0.1', port: 8080 }],
  ['on 0.0.0.0', published({ target: 80, published: 81, hostAddress: '0.0.0.0' }), 80, { host: '127.0.0.1', port: 81 }],
  ['on ::', published({ target: 80, published: 81, hostAddress: '[::]' }), 80, { host: '::1', port: 81 }],
  [
    'on one address',
    published({ target: 80, published: 81, hostAddress: '10.1.2.3' }),
    80,
    { host: '10.1.2.3', port: 81 },
  ],
  [
    'in a range',
    published({ target: 80, targetEnd: 82, published: 8080, publishedEnd: 8082 }),
    82,
    { host: '127.0.0.1', port: 8082 },
  ],
  ['but not on another port', published({ target: 80, published: 81 }), 81, undefined],
  ['but not over UDP', published({ target: 80, published: 81, protocol: 'udp' }), 80, undefined],
  ['but not on a port that the engine chooses', published({ target: 80 }), 80, undefined],
  ['but not on one of several', published({ target: 80, published: 8080, publishedEnd: 8090 }), 80, undefined],
];
for (const [what, port, containerPort, expected] of endpoints)
  test(`finds a service that is published ${what}`, () => {
    const runtime = createPublishedRuntime({ stack: sketchStack('/p', { web: { ports: [port] } }) });
    assert.deepEqual(runtime.endpoint('web', containerPort), expected);
    assert.equal(runtime.endpoint('nobody', containerPort), undefined);
  });

test('tells what answers from what does not and from what cannot be seen', async (context) => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  const closed = createServer().listen(0, '127.0.0.1');
  await Promise.all([once(server, 'listening'), once(closed, 'listening')]);
  context.after(() => server.close());
  const portOf = (of: typeof server): number => {
    const address = of.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  };
  const [open, shut] = [portOf(server), portOf(closed)];
  closed.close();
  const runtime = createPublishedRuntime({
    stack: sketchStack('/p', {
      open: { ports: [published({ target: 80, published: open })] },
      shut: { ports: [published({ target: 80, published: shut })] },
      hidden: {},
      inactive: { active: false },
    }),
  });
  assert.deepEqual(
    (await runtime.status()).map(({ service, state, detail }) => [service, state, detail]),
    [
      ['open', 'running', undefined],
      ['shut', 'stopped', `nothing accepts connections on 127.0.0.1:${shut}`],
      ['hidden', 'left-out', 'it publishes no TCP port on this host'],
    ],
  );
});

test('refuses every change', async () => {
  const runtime = createPublishedRuntime({ stack: sketchStack('/p', { web: {} }) });
  const { signal } = new AbortController();
  for (const attempt of [
    () => runtime.up({ signal, progress }),
    () => runtime.down({ signal, progress }),
    () => runtime.exec('web', ['true'], { signal }),
    () => runtime.reload('web'),
    () => runtime.restart('web', signal),
    () => runtime.setAside('web'),
  ])
    await assert.rejects(attempt, { code: 'runtime/read-only' });
});
