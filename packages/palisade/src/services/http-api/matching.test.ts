import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KindHints } from '../../contracts/service-kind.ts';
import { matches } from './matching.ts';

const hints = (name: string, rest: Partial<KindHints> = {}): KindHints => ({
  name,
  build: name,
  ports: [8000],
  ...rest,
});

for (const name of ['reference-api', 'api-first', 'golang-api', 'webapp', 'orders-service', 'backend', 'index-api'])
  test(`takes ${name} for an application, by a weak hint`, () => {
    assert.equal(matches(hints(name)), 1);
  });

for (const port of [80, 3000, 5000, 8080, 8443])
  test(`takes port ${port} for one of an application`, () => {
    assert.equal(matches(hints('api', { ports: [port] })), 1);
  });

const others: readonly (readonly [string, KindHints])[] = [
  ['an image, whatever its name', { name: 'api', image: 'acme/api', ports: [8000] }],
  ['a database that is called a service', hints('postgres-service')],
  ['a build that is a proxy', hints('web', { build: 'nginx' })],
  ['a gateway', hints('api-gateway')],
  ['a program that is a proxy', hints('web', { program: 'traefik' })],
  ['a dashboard', hints('grafana-web', { ports: [3000] })],
  ['an exporter', hints('service-exporter', { ports: [8080] })],
  ['something without a port of an application', hints('api', { ports: [5432] })],
  ['something without a port', hints('api', { ports: [] })],
  ['a name that says nothing', hints('worker')],
];
for (const [what, hint] of others)
  test(`does not claim ${what}`, () => {
    assert.equal(matches(hint), 0);
  });
