import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { outcomeOf, readTries } from './try-connections.ts';

suite('what a program says of a connection', () => {
  for (const [code, said, outcome] of [
    [0, '', 'open'],
    [1, 'bash: connect: Connection refused', 'refused'],
    [1, 'nc: 10.0.0.2 (10.0.0.2:5432): Connection refused', 'refused'],
    [1, 'ConnectionRefusedError: [Errno 111] Connection refused', 'refused'],
    [124, '', 'silent'],
    [1, 'nc: connect to 10.0.0.2 port 5432 (tcp) timed out: Operation now in progress', 'silent'],
    [1, 'bash: connect: Network is unreachable', 'unreachable'],
    [1, 'bash: connect: No route to host', 'unreachable'],
    // Whatever else it is, it is no proof that the way is closed.
    [1, 'bash: /dev/tcp/10.0.0.2/5432: Permission denied', 'unknown'],
    [2, 'nc: invalid option -- z', 'unknown'],
    [137, 'Killed', 'unknown'],
  ] as const)
    test(`${code} ${said || 'nothing'}: ${outcome}`, () => assert.equal(outcomeOf(code, said), outcome));
});

test('answers are told apart by their numbers, in any order, and a missing one is unknown', () => {
  const attempts = [5432, 6379, 80].map((port) => ({ to: 'db', over: 'back', address: '10.0.0.2', port }));
  assert.deepEqual(
    readTries(attempts, '1 1 bash: connect: Connection refused\n0 0 \n').map(
      ({ port, outcome }) => `${port} ${outcome}`,
    ),
    ['5432 open', '6379 refused', '80 unknown'],
  );
});
