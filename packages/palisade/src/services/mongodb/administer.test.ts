import assert from 'node:assert/strict';
import { it } from 'node:test';
import { z } from 'zod';
import type { Service } from '../../contracts/stack.ts';
import { plainEnvironment, run } from '../../support/exec.ts';
import { mongoshProgram, readTasks, writeTasks } from './administer.ts';

const service = z.custom<Service>().parse({ name: 'palisade-test-store' });

/** What mongosh has beside JavaScript itself, as far as the program uses it. */
const shell = `
globalThis.require = require; globalThis.print = (text) => console.log(text); globalThis.EJSON = JSON;
globalThis.connect = (target) => ({ getSiblingDB: (name) => ({ runCommand: (command) => {
  if (command.fails) throw Object.assign(new Error('no such command'), { code: 59, codeName: 'CommandNotFound' });
  return { ok: 1, target, name, command };
} }) });
(0, eval)(process.argv[1]);`;

const runProgram = (environment: Readonly<Record<string, string>>, input: string) =>
  run(process.execPath, ['-e', shell, mongoshProgram(service, 27_020)], {
    environment: { ...plainEnvironment(), ...environment },
    input,
    timeout: 20_000,
  });

const tasks = [
  { database: 'admin', command: { ping: 1 } },
  { database: 'shop', command: { fails: true } },
  { database: 'shop', command: { createUser: 'a"b', pwd: 'ü\n' } },
];

it('is a program that answers every command by one line, errors among them', async () => {
  const { exitCode, stdout, stderr } = await runProgram({}, writeTasks(tasks));
  assert.equal(exitCode, 0, stderr);
  const target = 'mongodb://localhost:27020/admin?directConnection=true';
  assert.deepEqual(
    stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line)),
    [
      { ok: 1, target, name: 'admin', command: { ping: 1 } },
      { ok: 0, code: 59, codeName: 'CommandNotFound', errmsg: 'no such command' },
      { ok: 1, target, name: 'shop', command: { createUser: 'a"b', pwd: 'ü\n' } },
    ],
  );
});

it('logs in with the first login of a development posture', async () => {
  const environment = { MONGO_INITDB_ROOT_USERNAME: 'root', MONGO_INITDB_ROOT_PASSWORD: 'a/b@c' };
  const { stdout } = await runProgram(environment, writeTasks(tasks.slice(0, 1)));
  assert.match(stdout, /"target":"mongodb:\/\/root:a%2Fb%40c@localhost:27020\/admin\?directConnection=true"/);
});

it('reads back what it writes, and leaves out what is no command', () => {
  assert.deepEqual(readTasks(writeTasks(tasks)), tasks);
  assert.deepEqual(readTasks('\nnull\n[]\n{"database":1,"command":{}}\n{"database":"a"}\nnot json\n'), []);
});
