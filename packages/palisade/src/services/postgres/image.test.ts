import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { auditedImage } from './audited-image.ts';
import { dataDirectory, imageAccount, isAlpine, majorVersion, matches } from './image.ts';
import { loadProject } from './testing/project.ts';

describe('which services are PostgreSQL', () => {
  const hints = { name: 'db', ports: [] };
  for (const image of [
    'postgres',
    'library/postgres',
    'bitnami/postgresql',
    'timescale/timescaledb',
    'timescale/timescaledb-ha',
    'postgis/postgis',
    'pgvector/pgvector',
    'supabase/postgres',
    'palisade/postgres',
  ])
    it(`knows the image ${image}`, () => assert.equal(matches({ ...hints, image }), 2));

  for (const image of [
    'pgbouncer/pgbouncer',
    'edoburu/pgbouncer',
    'dpage/pgadmin4',
    'prometheuscommunity/postgres-exporter',
    'quay.io/prometheuscommunity/postgres_exporter',
    'postgrest/postgrest',
    'prodrigestivill/postgres-backup-local',
    'cockroachdb/cockroach',
    'mysql',
    'bitnami/pgpool',
  ])
    it(`leaves the image ${image} alone`, () => assert.equal(matches({ ...hints, image, ports: [5432] }), 0));

  it('knows the program, and guesses by build and port where there is no image', () => {
    assert.equal(matches({ ...hints, image: 'example/own', program: 'postgres' }), 2);
    assert.equal(matches({ ...hints, build: 'postgres' }), 1);
    assert.equal(matches({ ...hints, build: 'pgbouncer', ports: [5432] }), 0);
    assert.equal(matches({ ...hints, ports: [5432] }), 1);
    assert.equal(matches(hints), 0);
  });
});

const dockerfile = async (image: string): Promise<string | undefined> => {
  const { service } = await loadProject({ 'compose.yaml': `services:\n  db:\n    image: ${image}\n` });
  return auditedImage(service)?.dockerfile;
};

describe('what a tag tells', () => {
  const cases: readonly (readonly [image: string, major: number | undefined, uid: number, data: string])[] = [
    ['postgres:16.6-alpine3.21', 16, 70, '/var/lib/postgresql/data'],
    ['postgres:17', 17, 999, '/var/lib/postgresql/data'],
    ['postgres:18-bookworm', 18, 999, '/var/lib/postgresql/18/docker'],
    ['postgres', undefined, 999, '/var/lib/postgresql/data'],
    ['pgvector/pgvector:pg17', 17, 999, '/var/lib/postgresql/data'],
    ['timescale/timescaledb:2.17.2-pg16', 16, 999, '/var/lib/postgresql/data'],
    ['postgis/postgis:16-3.4', 16, 999, '/var/lib/postgresql/data'],
    ['bitnami/postgresql:17', 17, 1001, '/var/lib/postgresql/data'],
  ];
  for (const [image, major, uid, data] of cases)
    it(`reads ${image}`, async () => {
      const { service } = await loadProject({ 'compose.yaml': `services:\n  db:\n    image: ${image}\n` });
      assert.equal(majorVersion(service), major);
      assert.equal(imageAccount(service).uid, uid);
      assert.equal(dataDirectory(service), data);
      assert.equal(isAlpine(service), uid === 70);
    });

  it('extends an image by the release of pgAudit for its version', async () => {
    assert.match(
      (await dockerfile('postgres:17')) ?? '',
      /^FROM postgres:17$[\s\S]*postgresql-\$\{PG_MAJOR\}-pgaudit/m,
    );
    assert.match((await dockerfile('postgres:16.6-alpine')) ?? '', /pgaudit\.git#[0-9a-f]{40}/);
    assert.equal(await dockerfile('postgres:alpine'), undefined, 'the version is not known');
    assert.equal(await dockerfile('supabase/postgres:15.8'), undefined, 'it has pgAudit');
  });
});
