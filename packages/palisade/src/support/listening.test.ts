import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { it } from 'node:test';
import { run } from './exec.ts';
import { listeningScript } from './listening.ts';

const listening = async (port: number, besideLoopback: boolean): Promise<boolean> => {
  const { exitCode, stderr } = await run('/bin/sh', ['-c', listeningScript(port, besideLoopback)], {
    environment: {},
    timeout: 10_000,
  });
  assert.equal(stderr, '');
  return exitCode === 0;
};

for (const [address, outside] of [
  ['127.0.0.1', false],
  ['0.0.0.0', true],
] as const)
  it(`tells a listener on ${address} as long as there is one`, { skip: process.platform !== 'linux' }, async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, address, resolve));
    const bound = server.address();
    assert.ok(typeof bound === 'object' && bound !== null);
    assert.equal(await listening(bound.port, false), true);
    assert.equal(await listening(bound.port, true), outside);
    await new Promise((resolve) => server.close(resolve));
    assert.equal(await listening(bound.port, false), false);
  });
