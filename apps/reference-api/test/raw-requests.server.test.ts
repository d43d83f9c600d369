import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectPlain } from 'node:net';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { tokensOf } from '../../../packages/fastify-guard/test/tokens.ts';
import { nextAddress } from './attacked/call.ts';
import { type Target, type Way, openTarget } from './attacked/target.ts';

let target: Target;
let authority: string;
before(async () => {
  target = await openTarget();
  authority = await readFile(target.authorityFile, 'utf8');
});
after(() => target[Symbol.asyncDispose]());

/** Sends bytes as no client library would, and gives the answers, of which there may be several. */
const send = async (way: Way, text: string): Promise<readonly { readonly status: number; readonly text: string }[]> => {
  const plain = connectPlain({ host: '127.0.0.1', port: way.port, localAddress: nextAddress() });
  const socket = connect({ socket: plain, servername: 'localhost', ca: authority });
  let received = '';
  socket.setEncoding('utf8').on('data', (part: string) => (received += part));
  for (const one of [plain, socket]) one.on('error', () => undefined);
  socket.setTimeout(8_000, () => socket.destroy());
  socket.write(text);
  await once(socket, 'close');
  return received
    .split(/(?=^HTTP\/1\.1 )/m)
    .map((answer) => ({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]), text: answer }));
};
const request = (line: string, headers: readonly string[] = [], body = ''): string =>
  `${[`${line} HTTP/1.1`, 'host: localhost', 'connection: close', ...headers].join('\r\n')}\r\n\r\n${body}`;
const good = (): string => `Bearer ${tokensOf(target.issuance).token()}`;
const forged = 'Bearer eyJhbGciOiJub25lIn0.e30.AA';

test('lets in a request that is written by hand, so that refusals mean something', async () => {
  for (const way of target.ways) {
    const [answer] = await send(way, request('GET /api/user', [`authorization: ${good()}`]));
    assert.equal(answer?.status, 200, `${way.name}: ${answer?.text}`);
  }
});

test('refuses two Authorization headers, whichever of them is good, by both ways', async () => {
  for (const way of target.ways)
    for (const [first, second] of [
      [good(), good()],
      [good(), forged],
      [forged, good()],
      [good(), 'Basic YWxpY2U6eA=='],
      ['', good()],
    ]) {
      const [answer, ...more] = await send(
        way,
        request('GET /api/user', [`Authorization: ${first}`, `authorization: ${second}`]),
      );
      assert.deepEqual([answer?.status, more.length], [400, 0], `${way.name}: ${answer?.text}`);
      // nginx does not even hand such a request on.
      if (way.name === 'directly') assert.match(answer?.text ?? '', /"code":"credentials-ambiguous"/);
    }
  await target.checkUnharmed();
});

/** Addresses of routes that are shut, spelled so that a server may understand another one than the guard. */
const spellings = [
  '/%61pi/user',
  '/api/%75ser',
  '/%2561pi/user',
  '//api/user',
  '/api//user',
  '/api/user/',
  '/API/user',
  '/api/./user',
  '/health/../api/user',
  '/health/%2e%2e/api/user',
  '/health/..%2fapi/user',
  '/health/..;/api/user',
  '/health%2f..%2fapi/user',
  '/api/user%00',
  '/api/user%20',
  '/api/user;a=b',
  '/api/user?path=/health',
  '/api/user#/health',
  '/api\\user',
  'https://localhost/api/user',
  '/api/openapi.json/',
  '/oauth/..%2fapi/user',
  '/.well-known/../api/user',
];
test('opens no route by another spelling of its address, by both ways', async () => {
  for (const way of target.ways)
    for (const path of spellings) {
      const [answer, ...more] = await send(way, request(`GET ${path}`));
      assert.ok(
        answer !== undefined && [301, 308, 400, 401, 404].includes(answer.status),
        `${path}, ${way.name}: ${answer?.text}`,
      );
      assert.equal(more.length, 0, path);
    }
  await target.checkUnharmed();
});

test('lets nobody reach an operation by a header that names another method or address', async () => {
  const authorization = `authorization: ${good()}`;
  const fake = ['x-http-method-override: DELETE', 'x-http-method: DELETE', 'x-method-override: DELETE'];
  const named = ['x-original-url: /api/users', 'x-rewrite-url: /api/users', 'x-forwarded-prefix: /api/users'];
  for (const way of target.ways) {
    const [deleted] = await send(way, request('POST /api/user/1', [authorization, ...fake, 'content-length: 0']));
    assert.ok([404, 405].includes(deleted?.status ?? 0), `${way.name}: ${deleted?.text}`);
    const [refused] = await send(way, request('DELETE /%61pi/user/1', [authorization]));
    assert.equal(refused?.status, 403, `${way.name}: ${refused?.text}`);
    const [kept] = await send(way, request('GET /api/user/1', [authorization]));
    assert.equal(kept?.status, 200, `${way.name}: ${kept?.text}`);
    const [other] = await send(way, request('GET /api/nothing', [authorization, ...named]));
    assert.equal(other?.status, 404, `${way.name}: ${other?.text}`);
  }
});

test('answers one request where two servers could see two, and not the second one', async () => {
  const inner = `GET /api/users HTTP/1.1\r\nhost: localhost\r\nauthorization: ${good()}\r\n\r\n`;
  const length = Buffer.byteLength(inner);
  const bodies: readonly (readonly [name: string, headers: readonly string[], body: string])[] = [
    ['a length and chunks', [`content-length: ${length + 5}`, 'transfer-encoding: chunked'], `0\r\n\r\n${inner}`],
    ['two lengths', ['content-length: 0', `content-length: ${length}`], inner],
    ['a length with a sign', [`content-length: +${length}`], inner],
    ['chunks that are not named last', ['transfer-encoding: chunked, identity'], `0\r\n\r\n${inner}`],
    ['chunks with a strange name', ['transfer-encoding: xchunked'], `0\r\n\r\n${inner}`],
    ['a space before the colon', ['transfer-encoding : chunked', `content-length: ${length}`], inner],
    ['a chunk whose size is none', ['transfer-encoding: chunked'], `0x5\r\nabcde\r\n0\r\n\r\n${inner}`],
  ];
  for (const way of target.ways)
    for (const [name, headers, body] of bodies) {
      const line = 'POST /api/user HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json';
      const answers = await send(way, `${line}\r\n${headers.join('\r\n')}\r\n\r\n${body}`);
      assert.equal(answers.length, 1, `${name}, ${way.name}: ${answers.map(({ text }) => text).join('\n---\n')}`);
      assert.ok([400, 411, 501].includes(answers[0]?.status ?? 0), `${name}, ${way.name}: ${answers[0]?.text}`);
    }
  await target.checkUnharmed();
});
