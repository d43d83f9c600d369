import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hashPassword, isHashOf, readDefinitions, vhostLimits } from './definitions.ts';

describe('hashes of passwords', () => {
  it('are salted as the server does it', () => {
    // The example of the documentation of RabbitMQ, "Credentials and Passwords": test12 with the salt 908DC60A.
    assert.equal(
      hashPassword('test12', Buffer.from('908dc60a', 'hex')),
      'kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR',
    );
  });

  it('are known again, and told from those of other passwords', () => {
    const hash = hashPassword('right', Buffer.from([1, 2, 3, 4]));
    assert.equal(isHashOf(hash, 'right'), true);
    assert.equal(isHashOf(hash, 'wrong'), false);
    assert.equal(isHashOf('', ''), false);
    assert.equal(isHashOf('bm8gaGFzaA==', 'right'), false);
  });
});

describe('an export', () => {
  it('holds users, vhosts, rights and limits', () => {
    const read = readDefinitions(
      JSON.stringify({
        users: [
          { name: 'api', password_hash: 'x', tags: 'management,monitoring', limits: [] },
          { name: 'b', tags: [] },
        ],
        parameters: [
          { component: 'vhost-limits', vhost: '/', name: 'limits', value: { 'max-connections': 3 } },
          { component: 'shovel', vhost: '/', name: 'limits', value: { 'max-queues': 3 } },
        ],
      }),
    );
    assert.deepEqual(
      read.users.map(({ tags, limits }) => ({ tags, limits })),
      [
        { tags: ['management', 'monitoring'], limits: {} },
        { tags: [], limits: {} },
      ],
    );
    assert.deepEqual(vhostLimits(read, '/'), { 'max-connections': 3 });
    assert.deepEqual(vhostLimits(read, 'api'), {});
  });

  it('is refused where it is none', () => {
    for (const text of ['', '{', '{"users":{}}']) assert.throws(() => readDefinitions(text), text);
  });
});
