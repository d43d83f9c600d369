import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { collectListeners, parseListeners } from './listeners.ts';

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0000000000000000 100 0 0 10 0
   1: 00000000:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4243 1 0000000000000000 100 0 0 10 0
   2: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 4244 1 0000000000000000 20 4 30 10 -1
`;
const table6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: 0000000000000000FFFF00000100007F:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3 1
   3: B80D0120000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4 1
`;

test('reads the sockets that listen, and no connections', () => {
  assert.deepEqual(parseListeners(table), [
    { address: '127.0.0.1', port: 8080, inode: '4242' },
    { address: '0.0.0.0', port: 5432, inode: '4243' },
  ]);
});

test('reads IPv6 addresses', () => {
  assert.deepEqual(
    parseListeners(table6).map(({ address }) => address),
    ['::', '::1', '::ffff:127.0.0.1', '2001:db8:0:0:0:0:0:1'],
  );
});

test('finds the listeners of a process and tells the declared ones', async () => {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            resolve(typeof address === 'object' && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  try {
    const [declared = 0, undeclared = 0] = ports;
    const answer = collectListeners(process.pid, new Set([declared]));
    assert.ok(answer.known);
    const found = answer.value.listeners.filter(({ port }) => ports.includes(port));
    assert.deepEqual(
      found.toSorted((a, b) => Number(b.declared) - Number(a.declared)),
      [
        { address: '127.0.0.1', port: declared, declared: true },
        { address: '127.0.0.1', port: undeclared, declared: false },
      ],
    );
  } finally {
    for (const server of servers) server.close();
  }
});

test('answers unknown for a process that is gone', () => {
  const answer = collectListeners(2 ** 22 + 1, new Set());
  assert.equal(answer.known, false);
});
