import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import { parse } from 'yaml';
import type { ProcessContext } from '../../../contracts/service-kind.ts';
import { loadProject } from '../testing/project.ts';
import { planMongod } from './mongod.ts';
import { firstLogin, givenSettings } from './surroundings.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'palisade-mongod-'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

const contextOf = async (
  service: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ProcessContext> => {
  const project = await loadProject({ 'compose.yaml': `services:\n  store:\n    image: mongo:8.0\n${service}` });
  return {
    stack: project.stack,
    service: project.service('store'),
    layout: {
      stateDirectory: root,
      path: (path) => join(root, path.replaceAll('/', '-')),
      port: () => 29_001,
      text: (text) => text,
    },
    environment,
    program: () => undefined,
    reachable: () => Promise.resolve((path) => path),
    account: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
  };
};

const hardened = `    entrypoint: ["/init/init-approle.sh"]
    command: ["mongod", "-f", "/etc/mongo/mongod.conf"]
`;

const configuration = `net:
  port: 27017
  bindIp: localhost
  tls: { mode: requireTLS, certificateKeyFile: /dev/shm/palisade-store/server.pem, CAFile: /certs/ca.pem }
storage: { dbPath: /data/db, wiredTiger: { engineConfig: { cacheSizeGB: 0.5 } } }
security: { authorization: enabled }
systemLog: { destination: file, path: /var/log/mongod.log }
`;

it("runs the real server with the stack's configuration, at the places and the port of this machine", async () => {
  const context = await contextOf(hardened);
  await writeFile(context.layout.path('/etc/mongo/mongod.conf'), configuration);
  const { run } = await planMongod(context, await givenSettings(context), '/opt/mongod');
  const file = run.args.at(-1) ?? '';
  assert.deepEqual([run.program, ...run.args], ['/bin/sh', join(root, '-init-init-approle.sh'), '--config', file]);
  assert.deepEqual(parse(await readFile(file, 'utf8')), {
    net: {
      tls: {
        mode: 'requireTLS',
        certificateKeyFile: join(root, 'palisade-store', 'server.pem'),
        CAFile: join(root, '-certs-ca.pem'),
      },
      port: 29_001,
      bindIp: '127.0.0.1',
    },
    storage: { wiredTiger: { engineConfig: { cacheSizeGB: 0.5 } }, dbPath: join(root, '-data-db') },
    security: { authorization: 'enabled' },
  });
  const { PALISADE_ENTRYPOINT, PALISADE_ADMINISTRATOR, PALISADE_FIRST_START = '' } = run.environment;
  assert.deepEqual(
    [PALISADE_ENTRYPOINT, PALISADE_ADMINISTRATOR],
    ['/opt/mongod', join(root, '-init-administrator.sh')],
  );
  assert.deepEqual(parse(await readFile(PALISADE_FIRST_START, 'utf8')), {
    storage: { wiredTiger: { engineConfig: { cacheSizeGB: 0.5 } }, dbPath: join(root, '-data-db') },
    net: { bindIp: join(root, 'palisade-store', 'first-start.sock') },
  });
});

it('runs it in the development posture as it is', async () => {
  const context = await contextOf('    command: ["mongod", "--quiet"]\n');
  const { run } = await planMongod(context, await givenSettings(context), '/opt/mongod');
  assert.equal(run.program, '/opt/mongod');
  assert.deepEqual(parse(await readFile(run.args[1] ?? '', 'utf8')), {
    systemLog: { quiet: true },
    net: { port: 29_001, bindIp: '127.0.0.1' },
    storage: { dbPath: join(root, '-data-db') },
  });
});

it('demands logins where the image would, with the administrator of a file too', async () => {
  const variables = `    environment:
      MONGO_INITDB_ROOT_USERNAME: root
      MONGO_INITDB_ROOT_PASSWORD_FILE: /run/secrets/root
`;
  const context = await contextOf(variables, { MONGO_INITDB_ROOT_USERNAME: 'root' });
  assert.equal(firstLogin(context), undefined);
  await writeFile(context.layout.path('/run/secrets/root'), 'canary\n');
  assert.deepEqual(firstLogin(context), { username: 'root', password: 'canary' });
  const settings = await givenSettings(context);
  assert.deepEqual(settings, [{ name: 'security.authorization', value: 'enabled', line: 0 }]);
});
