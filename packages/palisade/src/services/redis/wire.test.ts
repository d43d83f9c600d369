import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { it } from 'node:test';
import { z } from 'zod';
import { converse, encodeCommand, readReply } from './wire.ts';

const parse = (text: string) => readReply(Buffer.from(text));

it('reads every type of RESP, and waits for what is not there yet', () => {
  assert.deepEqual(parse('+PONG\r\n')?.reply, { type: 'text', text: 'PONG' });
  assert.deepEqual(parse('-NOAUTH no\r\n')?.reply, { type: 'error', text: 'NOAUTH no' });
  assert.deepEqual(parse('$-1\r\n')?.reply, { type: 'nil' });
  assert.deepEqual(parse('*2\r\n$1\r\nä\r\n:3\r\n'.replace('$1', '$2'))?.reply, {
    type: 'array',
    items: [
      { type: 'text', text: 'ä' },
      { type: 'text', text: '3' },
    ],
  });
  for (const part of ['', '+PON', '$5\r\nabc', '*2\r\n:1\r\n']) assert.equal(parse(part), undefined);
});

it('refuses what is no RESP', () => {
  for (const text of ['HTTP/1.1 400', '$x\r\n', '$99999999\r\n'])
    assert.throws(() => parse(text), { code: 'redis/protocol' });
});

it('counts bytes, not characters', () => {
  assert.equal(encodeCommand(['SET', 'ä']), '*2\r\n$3\r\nSET\r\n$2\r\nä\r\n');
});

it('ends a conversation with a server that is silent', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = z.custom<AddressInfo>((value) => typeof value === 'object').parse(server.address());
  const endpoint = { host: '127.0.0.1', port };
  await assert.rejects(converse({ endpoint }, AbortSignal.timeout(100), (ask) => ask('PING')));
  server.close();
});
