import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import test from 'node:test';
import { TLSSocket } from 'node:tls';
import { failsWith } from '../test/failures.ts';
import { listen, startFake } from '../test/fake-server.ts';
import { createVaultClient } from './client.ts';
import { isVaultError } from './errors.ts';
import { createSelfSignedCertificate } from './x509/certificate.ts';

// The servers of this file are fakes, the silent one among them.

test('refuses to speak plaintext unless it is told to', () => {
  assert.throws(
    () => createVaultClient({ address: 'http://vault:8200' }),
    (error: unknown) => isVaultError(error, 'vault/plaintext-refused'),
  );
});

test('does not carry its token to where a redirect points', async () => {
  const elsewhere = await startFake([{ status: 200, body: { data: { keys: [] } } }]);
  const { client, close } = await startFake([
    { status: 307, headers: { location: `${elsewhere.client.address}/v1/x` } },
  ]);
  try {
    await failsWith(client.kv2().list('a'), 'vault/standby');
    assert.equal(elsewhere.requests.length, 0);
  } finally {
    await close();
    await elsewhere.close();
  }
});

test('ends at its time bound when a server takes the connection and never answers', async () => {
  const silent = createTcpServer();
  const address = await listen(silent);
  const client = createVaultClient({ address, plaintext: true, timeout: 150 });
  try {
    const begun = performance.now();
    await failsWith(client.sys.sealStatus(), 'vault/timeout');
    assert.ok(performance.now() - begun < 2_000);
  } finally {
    await client.close();
    silent.close();
  }
});

test('ends with the reason of the signal, and does not try again', async () => {
  const silent = createTcpServer();
  const client = createVaultClient({ address: await listen(silent), plaintext: true });
  const reason = new Error('stop');
  try {
    await assert.rejects(client.sys.sealStatus({ signal: AbortSignal.abort(reason) }), reason);
    const later = new AbortController();
    const call = client.sys.sealStatus({ signal: later.signal });
    setTimeout(() => later.abort(reason), 30);
    await assert.rejects(call, reason);
  } finally {
    await client.close();
    silent.close();
  }
});

test('says that a server is not there', async () => {
  const server = createTcpServer();
  const address = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  const client = createVaultClient({ address, plaintext: true, retry: { firstPause: 5, attempts: 2 } });
  try {
    const error = await failsWith(client.sys.sealStatus(), 'vault/unreachable');
    assert.match(error.message, /ECONNREFUSED/);
  } finally {
    await client.close();
  }
});

const names = (commonName: string) => ({ commonName, alternativeNames: ['localhost'] });

test('presents its client certificate', async () => {
  const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 60_000 };
  const own = createSelfSignedCertificate(names('vault'), validity);
  const clientCertificate = createSelfSignedCertificate(names('caller'), validity);
  const seen: unknown[] = [];
  const server = createTlsServer(
    { cert: own.certificate, key: own.key.reveal(), requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      if (request.socket instanceof TLSSocket) seen.push(request.socket.getPeerX509Certificate()?.subject);
      response.end(JSON.stringify({ data: { keys: [] } }));
    },
  );
  const address = (await listen(server)).replace('http://127.0.0.1', 'https://localhost');
  const client = createVaultClient({ address, authorities: own.certificate, clientCertificate });
  try {
    await client.kv2().list('a');
    assert.deepEqual(seen, ['CN=caller']);
  } finally {
    await client.close();
    server.close();
  }
});

test('ends its connections when it is closed, although the server would keep them', async () => {
  const server = createServer({ keepAliveTimeout: 60_000 }, (_, response) =>
    response.end(JSON.stringify({ data: { keys: [] } })),
  );
  const ends: Promise<unknown>[] = [];
  server.on('connection', (socket) => ends.push(once(socket, 'close')));
  const client = createVaultClient({ address: await listen(server), plaintext: true });
  try {
    await Promise.all([client.kv2().list('a'), client.kv2().list('b')]);
    assert.equal(ends.length, 2);
    await client.close();
    const late = AbortSignal.timeout(2_000);
    await Promise.race([Promise.all(ends), once(late, 'abort').then(() => assert.fail('a connection is still open'))]);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
