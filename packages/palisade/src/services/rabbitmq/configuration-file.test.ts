import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfigurationFile, parsePlugins } from './configuration-file.ts';

describe('rabbitmq.conf', () => {
  it('is read line by line, without comments and with quotes taken off', () => {
    const { entries, invalid } = parseConfigurationFile(
      "# comment\n\nlisteners.tcp.default=5672\n  heartbeat  =  60   # seconds\ncluster_name = 'a # b'\n",
    );
    assert.deepEqual(entries, [
      { name: 'listeners.tcp.default', value: '5672', line: 3 },
      { name: 'heartbeat', value: '60', line: 4 },
      { name: 'cluster_name', value: 'a # b', line: 5 },
    ]);
    assert.deepEqual(invalid, []);
  });

  it('has lines that the server refuses', () => {
    for (const line of ['listeners.tcp', 'heartbeat =', '[{rabbit, []}].', 'two words = 1'])
      assert.deepEqual(parseConfigurationFile(`heartbeat = 60\n${line}\n`).invalid, [2], line);
  });
});

describe('a list of plugins', () => {
  it('is an Erlang term', () => {
    assert.deepEqual(parsePlugins('% mine\n[rabbitmq_management,\n rabbitmq_mqtt].\n'), [
      'rabbitmq_management',
      'rabbitmq_mqtt',
    ]);
    assert.deepEqual(parsePlugins('[].'), []);
  });

  it('is not understood where it is anything else', () => {
    for (const text of ['', 'rabbitmq_management', '[rabbitmq_management]', '[a, {b}].'])
      assert.equal(parsePlugins(text), undefined, text);
  });
});
