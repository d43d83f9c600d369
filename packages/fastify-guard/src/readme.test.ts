import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { openAuditLog } from '@palisade/audit';
import Fastify from 'fastify';
import { keys, token } from '../test/tokens.ts';
import { usualBounds } from './http/bounds.ts';
import { createGuard, formatRoutes, isGuardError, problemCodes, requireIdentity } from './index.ts';
import { optionNames } from './options/options.ts';

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');

test('runs the application of the README as it stands there, with a real audit log', async (context) => {
  const example = /```ts\n(?<code>[^]*?)```/.exec(readme)?.groups?.['code'] ?? '';
  const [, ...rest] = example.split('\n\n');
  assert.match(
    example,
    /^import Fastify from 'fastify';\nimport \{ createGuard, formatRoutes, requireIdentity \} from '@palisade\/fastify-guard';\n\n/,
  );
  const directory = await mkdtemp(join(tmpdir(), 'guard-readme-'));
  const auditLog = await openAuditLog({ directory });
  // An audit log is a sink as it is.
  createGuard({ audit: { sink: auditLog } });
  const printed: string[] = [];
  const lines: string[] = [];
  const names = {
    Fastify,
    createGuard,
    formatRoutes,
    requireIdentity,
    publicKeyPem: keys.p256.publicKey,
    auditLog,
    logger: { stream: { write: (line: string) => lines.push(line) } },
    port: 0,
    console: { log: (text: string) => printed.push(text) },
  };
  // oxlint-disable-next-line typescript/no-implied-eval -- the text comes from this package's own README
  const run: unknown = new Function(
    ...Object.keys(names),
    `return (async () => { ${rest.join('\n\n')}; return app; })();`,
  );
  assert.ok(typeof run === 'function');
  const app: unknown = await run(...Object.values(names));
  assert.ok(typeof app === 'object' && app !== null && 'close' in app && typeof app.close === 'function');
  assert.ok('listeningOrigin' in app && typeof app.listeningOrigin === 'string');
  context.after(async () => {
    assert.ok('close' in app && typeof app.close === 'function');
    await app.close();
    await auditLog.close();
    await rm(directory, { recursive: true, force: true });
  });
  const ask = async (method: string, path: string, roles?: readonly string[]) => {
    const headers = roles === undefined ? {} : { authorization: `Bearer ${token({ roles }, { kid: 'key-1' })}` };
    return (await fetch(`${String(app.listeningOrigin)}${path}`, { method, headers })).status;
  };
  assert.deepEqual(
    [
      await ask('GET', '/health'),
      await ask('GET', '/api/me'),
      await ask('GET', '/api/me', ['user']),
      await ask('DELETE', '/api/user/7', ['user']),
      await ask('DELETE', '/api/user/7', ['admin']),
    ],
    [200, 401, 200, 403, 204],
  );
  const table = /<!-- table -->\n```\n(?<text>[^]*?)```\n<!-- \/table -->/.exec(readme)?.groups?.['text'];
  assert.deepEqual(printed, [table]);
  // Opened the segment and the log, then a refusal, an intent and an outcome.
  assert.equal(auditLog.head().seq, 5);
  assert.doesNotMatch(lines.join(''), /eyJ/);
});

test('names every option, every code and every bound', async () => {
  for (const name of optionNames) assert.ok(readme.includes(`\`${name}\``), `option ${name}`);
  for (const { code } of problemCodes) assert.ok(readme.includes(`\`${code}\``), `code ${code}`);
  const codes = await readFile(new URL('errors.ts', import.meta.url), 'utf8');
  for (const [, code] of codes.matchAll(/ '(guard\/[a-z-]+)':/g)) assert.ok(readme.includes(`\`${code ?? ''}\``), code);
  for (const name of Object.keys(usualBounds)) assert.ok(readme.includes(`\`${name}\``), `bound ${name}`);
});

test('a wrong option says what to do next', () => {
  assert.throws(
    () => createGuard({ proxies: ['everybody'] }),
    (error) => isGuardError(error) && error.next.includes('README') && error.message.includes(error.next),
  );
});
