import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { KindHints } from '../../contracts/service-kind.ts';
import { matches } from './matching.ts';

const hints = (given: Partial<KindHints>): KindHints => ({ name: 'store', ports: [], ...given });

const cases: readonly (readonly [string, Partial<KindHints>, 0 | 1 | 2])[] = [
  ['the official image', { image: 'mongo' }, 2],
  ['the official image by its long name', { image: 'library/mongo' }, 2],
  ["MongoDB's own image", { image: 'mongodb/mongodb-community-server' }, 2],
  ["Bitnami's image", { image: 'bitnami/mongodb' }, 2],
  ["Percona's image", { image: 'percona/percona-server-mongodb' }, 2],
  ['an image of FerretDB', { image: 'ghcr.io/ferretdb/ferretdb' }, 2],
  ['the program, in any image', { image: 'example/base', program: '/usr/bin/mongod' }, 2],
  ['a build that is called after it', { build: 'mongodb' }, 1],
  ['a build with its port', { build: 'store', ports: [27_017] }, 1],
  ['its port alone, with an image of something else', { image: 'example/api', ports: [27_017] }, 0],
  ['the web page for it', { image: 'mongo-express', ports: [8081] }, 0],
  ['an exporter', { image: 'percona/mongodb_exporter' }, 0],
  ['a one-off client', { image: 'mongo', program: 'mongosh' }, 0],
  ['a service that only starts a replica set', { image: 'mongo', name: 'mongo-init' }, 0],
  ['a service of another kind', { image: 'postgres', ports: [5432] }, 0],
];

for (const [what, given, expected] of cases)
  it(`is ${expected === 0 ? 'not sure of' : expected === 1 ? 'weakly sure of' : 'sure of'} ${what}`, () => {
    assert.equal(matches(hints(given)), expected);
  });
