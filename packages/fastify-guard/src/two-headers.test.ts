import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import test from 'node:test';
import { application, listen, tokens } from '../test/application.ts';
import { token } from '../test/tokens.ts';

test('refuses two Authorization headers, of which Node.js would show only one', async (context) => {
  const { app } = await application(context, { tokens }, (app) => {
    app.get('/me', { config: { guard: 'authenticated' } }, async () => ({}));
  });
  const socket = connect(Number(new URL(await listen(app)).port), '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const header = `authorization: Bearer ${token()}\r\n`;
  socket.write(`GET /me HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${header}${header}\r\n`);
  await once(socket, 'close');
  assert.match(text, /^HTTP\/1\.1 400 /);
  assert.match(text, /"code":"credentials-ambiguous"/);
});
