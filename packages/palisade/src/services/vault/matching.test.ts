import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { KindHints } from '../../contracts/service-kind.ts';
import { matches } from './matching.ts';

const cases: readonly (readonly [string, Partial<KindHints>, 0 | 1 | 2])[] = [
  ['hashicorp/vault', { image: 'hashicorp/vault' }, 2],
  ['the old official image', { image: 'vault' }, 2],
  ['openbao/openbao, from whichever registry', { image: 'openbao/openbao' }, 2],
  ['the program vault without an image', { program: 'vault' }, 2],
  ['the program bao without an image', { program: 'bao' }, 2],
  ['a build context', { build: 'openbao' }, 2],
  ['the name alone', { name: 'vault' }, 1],
  ['the port alone', { ports: [8200] }, 1],
  ['another image that runs an agent', { image: 'example/app', program: 'vault' }, 0],
  ['an image that only ends like it', { image: 'example/vault' }, 0],
  ['a password manager', { name: 'vaultwarden', image: 'vaultwarden/server' }, 0],
];

describe('the kind vault', () => {
  for (const [what, hints, sure] of cases)
    it(`is ${['no', 'a weak', 'a sure'][sure]} match for ${what}`, () => {
      assert.equal(matches({ name: 'service', ports: [], ...hints }), sure);
    });
});
