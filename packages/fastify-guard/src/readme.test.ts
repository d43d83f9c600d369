import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openAuditLog } from '@palisade/audit';
import Fastify from 'fastify';
import { keys, token } from '../test/tokens.ts';
import { usualBounds } from './http/bounds.ts';
import { createGuard, formatRoutes, isGuardError, problemCodes, requireIdentity } from './index.ts';
import { optionNames } from './options/options.ts';

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');

/** Code of the example without its two imports, which are given to it. */
const example = (): string => {
  const [imports, ...rest] = (/```ts\n(?<code>[^]*?)```/.exec(readme)?.groups?.['code'] ?? '').split('\n\n');
  assert.equal(
    imports,
    "import Fastify from 'fastify';\nimport { createGuard, formatRoutes, requireIdentity } from '@palisade/fastify-guard';",
  );
  return rest.join('\n\n');
};

interface Running {
  readonly close: () => Promise<void>;
  readonly listeningOrigin: string;
}
const isRunning = (app: unknown): app is Running =>
  typeof app === 'object' && app !== null && 'close' in app && 'listeningOrigin' in app;

/** Runs the code with what the README says of its free names; it ends with the test. */
const run = async (context: TestContext, code: string) => {
  const directory = await mkdtemp(join(tmpdir(), 'guard-readme-'));
  const auditLog = await openAuditLog({ directory });
  let app: unknown;
  context.after(async () => {
    if (isRunning(app)) await app.close();
    await auditLog.close();
    await rm(directory, { recursive: true, force: true });
  });
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
  const program: unknown = new Function(...Object.keys(names), `return (async () => { ${code}; return app; })();`);
  assert.ok(typeof program === 'function');
  app = await program(...Object.values(names));
  assert.ok(isRunning(app));
  return { app, auditLog, printed, lines };
};

test('runs the application of the README as it stands there, with a real audit log', async (context) => {
  const { app, auditLog, printed, lines } = await run(context, example());
  // An audit log is a sink as it is.
  createGuard({ audit: { sink: auditLog } });
  const ask = async (method: string, path: string, roles?: readonly string[]) => {
    const headers = roles === undefined ? {} : { authorization: `Bearer ${token({ roles }, { kid: 'key-1' })}` };
    return (await fetch(`${app.listeningOrigin}${path}`, { method, headers })).status;
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

/** The declarations of the example, each with the route that it is of. */
const declarations = [...example().matchAll(/app\.(\w+)\('([^']+)', (\{ config: \{.*?\} \}), async/g)].map(
  ([, method = '', path = '', declaration = '']) => ({ route: `${method.toUpperCase()} ${path}`, declaration }),
);
test('the application of the README has three routes, each of which says who may call it', () => {
  assert.deepEqual(
    declarations.map(({ route }) => route),
    ['GET /health', 'GET /api/me', 'DELETE /api/user/:id'],
  );
});
for (const { route, declaration } of declarations)
  test(`does not start the application of the README without the declaration of ${route}, and names it`, async (context) => {
    await assert.rejects(
      run(context, example().replace(`${declaration}, `, '')),
      (error) => isGuardError(error, 'guard/route-undeclared') && error.message.includes(`route ${route} `),
    );
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
