import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { askEncrypted, askPlaintext, awaitServer, readReply, startupMessage } from './wire.ts';

const endpointOf = async (
  answer: (socket: Socket, received: Buffer) => void,
): Promise<{ server: Server; port: number }> => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (received) => answer(socket, received));
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  return { server, port };
};

const frame = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

const signal = (): AbortSignal => AbortSignal.timeout(10_000);

const plaintext = async (answer: (socket: Socket, received: Buffer) => void) => {
  const { server, port } = await endpointOf(answer);
  try {
    return await askPlaintext({ endpoint: { host: '127.0.0.1', port }, user: 'eve', database: 'shop' }, signal());
  } finally {
    server.close();
  }
};

const text = (message: string): Buffer => Buffer.from(`SFATAL\0C28000\0M${message}\0\0`);

const encrypted = async (answer: (socket: Socket, received: Buffer) => void) => {
  const { server, port } = await endpointOf(answer);
  try {
    return await askEncrypted(
      { endpoint: { host: '127.0.0.1', port }, user: 'eve', database: 'shop' },
      { rejectUnauthorized: false },
      signal(),
    );
  } finally {
    server.close();
  }
};

const ready = async (message: string): Promise<void> => {
  const { server, port } = await endpointOf((socket) =>
    socket.write(frame('E', Buffer.from(`SFATAL\0C57P03\0M${message}\0\0`))),
  );
  try {
    await awaitServer({ host: '127.0.0.1', port }, signal());
  } finally {
    server.close();
  }
};

describe('asking a server without TLS', () => {
  it('sends user and database in a message of protocol 3', () => {
    const message = startupMessage('eve', 'shop');
    assert.equal(message.readInt32BE(0), message.length);
    assert.equal(message.readInt32BE(4), 196_608);
    assert.match(message.toString('latin1', 8), /^user\0eve\0database\0shop\0/);
  });

  const replies: readonly (readonly [number, string])[] = [
    [0, 'trust'],
    [3, 'password'],
    [5, 'md5'],
    [10, 'scram'],
    [7, 'other'],
  ];
  for (const [code, reply] of replies)
    it(`takes authentication request ${code} for ${reply}`, async () => {
      assert.deepEqual(await plaintext((socket) => socket.write(frame('R', number(code)))), { user: 'eve', reply });
    });

  it('puts an answer together that comes byte by byte', async () => {
    const bytes = frame('R', number(10));
    const reply = await plaintext((socket) => {
      for (const byte of bytes) setImmediate(() => socket.write(Buffer.from([byte])));
    });
    assert.equal(reply.reply, 'scram');
  });

  it('tells a demanded certificate from a refusal', () => {
    assert.equal(
      readReply('eve', 'E', text('connection requires a valid client certificate')).reply,
      'certificate-demanded',
    );
    assert.deepEqual(readReply('eve', 'E', text('no pg_hba.conf entry for host')), {
      user: 'eve',
      reply: 'refused',
      detail: 'no pg_hba.conf entry for host',
    });
  });

  it('does not take another protocol for an answer', async () => {
    await assert.rejects(
      plaintext((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
      { code: 'postgres/protocol' },
    );
    await assert.rejects(
      plaintext((socket) => socket.write(frame('Z', number(0)))),
      { code: 'postgres/protocol' },
    );
  });

  it('does not read an answer without end', async () => {
    await assert.rejects(
      plaintext((socket) =>
        socket.write(Buffer.concat([Buffer.from('R\x7f\xff\xff\xff', 'latin1'), Buffer.alloc(70_000)])),
      ),
      { code: 'postgres/protocol' },
    );
  });

  it('fails where the server hangs up or is not there', async () => {
    await assert.rejects(
      plaintext((socket) => socket.end()),
      /hung up/,
    );
    await assert.rejects(
      askPlaintext({ endpoint: { host: '127.0.0.1', port: 1 }, user: 'eve', database: 'shop' }, signal()),
      /ECONNREFUSED/,
    );
  });

  it('gives up on a silent server when it is told to', async () => {
    const { server, port } = await endpointOf(() => undefined);
    try {
      await assert.rejects(
        askPlaintext(
          { endpoint: { host: '127.0.0.1', port }, user: 'eve', database: 'shop' },
          AbortSignal.timeout(100),
        ),
      );
    } finally {
      server.close();
    }
  });
});

describe('asking a server for TLS', () => {
  it('says that a server declines', async () => {
    assert.equal(await encrypted((socket) => socket.write('N')), undefined);
  });

  it('refuses text that was smuggled in front of the handshake', async () => {
    await assert.rejects(
      encrypted((socket) => socket.write(Buffer.concat([Buffer.from('S'), frame('R', number(0))]))),
      { code: 'postgres/protocol' },
    );
  });
});

describe('readiness', () => {
  it('waits for a server that starts up or shuts down', async () => {
    await assert.rejects(ready('the database system is starting up'), { code: 'postgres/not-reachable' });
    await assert.rejects(ready('the database system is shutting down'), { code: 'postgres/not-reachable' });
  });

  it('takes a refusal by rule for a server that works', async () => {
    await ready('no pg_hba.conf entry for host');
  });
});
