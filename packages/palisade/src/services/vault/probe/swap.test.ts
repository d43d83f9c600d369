import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { parseSwaps } from './swap.ts';

describe('the list of swap devices', () => {
  it('is empty where only the heading is there', () => {
    assert.deepEqual(parseSwaps('Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n'), []);
  });
  it('names each device', () => {
    const text =
      'Filename Type Size Used Priority\n/dev/dm-1                               partition\t1\t0\t-2\n/swap\tfile\t1\t0\t-3\n';
    assert.deepEqual(parseSwaps(text), ['/dev/dm-1', '/swap']);
  });
});
