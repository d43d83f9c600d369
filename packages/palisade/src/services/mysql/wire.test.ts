import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import type { Endpoint } from '../../contracts/runtime.ts';
import { logIn, readFailure } from './login.ts';
import { awaitServer, greet, shakesHands } from './wire.ts';

const packet = (body: Buffer, sequence = 0): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUIntLE(body.length, 0, 3);
  head.writeUInt8(sequence, 3);
  return Buffer.concat([head, body]);
};

/** A greeting of protocol 10 with or without the flag for TLS. */
const greeting = (tls: boolean): Buffer => {
  const capabilities = 0x0008_8200 | (tls ? 0x0800 : 0);
  const tail = Buffer.alloc(4 + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 10);
  tail.writeUInt16LE(capabilities & 0xffff, 13);
  tail.writeUInt8(45, 15);
  tail.writeUInt16LE(capabilities >>> 16, 18);
  tail.writeUInt8(21, 20);
  return packet(
    Buffer.concat([Buffer.from('\u000a8.4.3-test\0'), tail, Buffer.from('123456789012\0mysql_native_password\0')]),
  );
};

const refusal = (code: number, message: string, sequence = 0): Buffer => {
  const head = Buffer.alloc(3);
  head.writeUInt8(0xff, 0);
  head.writeUInt16LE(code, 1);
  return packet(Buffer.concat([head, Buffer.from(`#HY000${message}`)]), sequence);
};

/** Serves one answer to everybody, while `use` runs. */
const withServer = async <T>(answer: (socket: Socket) => void, use: (endpoint: Endpoint) => Promise<T>): Promise<T> => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    answer(socket);
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  try {
    return await use({ host: '127.0.0.1', port });
  } finally {
    server.close();
  }
};

const slowly = (socket: Socket): void => {
  for (const byte of greeting(true)) setImmediate(() => socket.write(Buffer.from([byte])));
};

const signal = (): AbortSignal => AbortSignal.timeout(10_000);

const anybody = { rejectUnauthorized: false } as const;

describe('greeting', () => {
  it('tells version and TLS, also when it comes byte by byte', async () => {
    assert.deepEqual(await withServer(slowly, (endpoint) => greet(endpoint, signal())), {
      type: 'greeting',
      version: '8.4.3-test',
      offersTls: true,
    });
  });

  for (const [name, bytes] of [
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['an older protocol', packet(Buffer.from('\u0009old\0more than enough bytes for a header'))],
    ['a packet without end', Buffer.from([0xff, 0xff, 0xff, 0])],
  ] as const)
    it(`is not ${name}`, () =>
      assert.rejects(
        withServer(
          (socket) => socket.write(bytes),
          (endpoint) => greet(endpoint, signal()),
        ),
        { code: 'mysql/protocol' },
      ));

  it('fails where the server hangs up, is silent or is not there', async () => {
    await assert.rejects(
      withServer(
        (socket) => socket.end(),
        (endpoint) => greet(endpoint, signal()),
      ),
      /hung up/,
    );
    await assert.rejects(
      withServer(
        () => undefined,
        (endpoint) => greet(endpoint, AbortSignal.timeout(100)),
      ),
    );
    await assert.rejects(greet({ host: '127.0.0.1', port: 1 }, signal()), /ECONNREFUSED/);
  });
});

describe('readiness', () => {
  for (const code of [1040, 1129, 1130])
    it(`is not denied by error ${code}, which comes from a server that works`, () =>
      withServer(
        (socket) => socket.write(refusal(code, 'no')),
        (endpoint) => awaitServer(endpoint, signal()),
      ));

  it('is denied by a server that shuts down', () =>
    assert.rejects(
      withServer(
        (socket) => socket.write(refusal(1053, 'Server shutdown in progress')),
        (endpoint) => awaitServer(endpoint, signal()),
      ),
      { code: 'mysql/not-reachable' },
    ));
});

describe('TLS', () => {
  it('is not taken for offered where the server has no flag for it', async () => {
    assert.equal(
      await withServer(
        (socket) => socket.write(greeting(false)),
        (endpoint) => shakesHands(endpoint, anybody, signal()),
      ),
      false,
    );
  });

  it('is not given up by the client library: without it, not even the name of the account is sent', async () => {
    const received: Buffer[] = [];
    const result = await withServer(
      (socket) => {
        socket.on('data', (chunk: Buffer) => received.push(chunk));
        socket.write(greeting(false));
      },
      (endpoint) => logIn(endpoint, { user: 'canary-user', password: 'canary' }, anybody, signal()),
    );
    assert.equal(result, 'closed');
    assert.equal(Buffer.concat(received).includes('canary-user'), false);
  });

  it('is what the client library asks for before it says who it is', async () => {
    const received: Buffer[] = [];
    await assert.rejects(
      withServer(
        (socket) => {
          socket.on('data', (chunk: Buffer) => {
            received.push(chunk);
            socket.destroy();
          });
          socket.write(greeting(true));
        },
        (endpoint) => logIn(endpoint, { user: 'canary-user', password: 'canary' }, anybody, signal()),
      ),
    );
    const sent = Buffer.concat(received);
    assert.ok(sent.length >= 36 && (sent.readUInt16LE(4) & 0x0800) !== 0);
    assert.equal(sent.includes('canary-user'), false);
  });
});

describe('a failed login', () => {
  const cases: readonly (readonly [number, string | undefined])[] = [
    [1045, 'denied'],
    [4151, 'denied'],
    [3118, 'denied'],
    [1130, 'denied'],
    [3159, 'tls-demanded'],
    // Too many connections of the account: the password was right.
    [1226, 'let-in'],
    [1862, 'let-in'],
    // Too many connections of all: nobody knows.
    [1040, undefined],
    [1053, undefined],
  ];
  for (const [errno, result] of cases)
    it(`with error ${errno} is ${result ?? 'no answer'}`, () =>
      assert.equal(readFailure(Object.assign(new Error('no'), { errno })), result));

  it('is seen as the server says it', async () => {
    const result = await withServer(
      (socket) => {
        socket.on('data', () => socket.write(refusal(3159, 'Connections using insecure transport are prohibited', 2)));
        socket.write(greeting(true));
      },
      (endpoint) => logIn(endpoint, { user: 'dev', password: 'canary' }, undefined, signal()),
    );
    assert.equal(result, 'tls-demanded');
  });
});
