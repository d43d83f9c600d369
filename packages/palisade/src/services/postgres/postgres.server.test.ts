import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { SqlStatement } from '../../contracts/change.ts';
import type { Control, Observation } from '../../contracts/control.ts';
import type { Evidence } from '../../contracts/evidence.ts';
import { assertProven } from '../../../test/proofs.ts';
import type { PostgresEvidence } from './evidence.ts';
import { harden } from './harden.ts';
import { collect } from './probe.ts';
import { statements } from './statements.ts';
import { bound, startShop, type Shop } from './testing/shop.ts';

const isControl = (value: unknown): value is Control<'postgres'> =>
  typeof value === 'object' && value !== null && 'id' in value && 'live' in value;

const controls = await Promise.all(
  readdirSync(join(import.meta.dirname, 'controls'))
    .filter((file) => !file.endsWith('.test.ts'))
    .map(async (file) => {
      const module: unknown = await import(pathToFileURL(join(import.meta.dirname, 'controls', file)).href);
      const { control } = z.object({ control: z.custom<Control<'postgres'>>(isControl) }).parse(module);
      return control;
    }),
);

let shop: Shop;

const evidenceNow = async (): Promise<PostgresEvidence> =>
  collect(await shop.host.target(shop.authority.certificate), bound());

/** What every live control answers about the server, in its own words. */
const assessed = async (evidence: PostgresEvidence): Promise<ReadonlyMap<string, readonly Observation[]>> => {
  const { stack } = await shop.host.load();
  const given: Evidence<'postgres'> = { of: () => new Map([['postgres', { known: true, value: evidence }]]) };
  return new Map(controls.map((control) => [control.id, [...(control.live?.assess(stack, given) ?? [])]]));
};

const outcomes = (observations: readonly Observation[] | undefined): readonly string[] => [
  ...new Set((observations ?? []).map(({ outcome }) => outcome)),
];

describe('PostgreSQL from the development posture to the production one', () => {
  /** Controls that the development posture fails. */
  let failed: readonly string[] = [];

  before(async () => {
    shop = await startShop();
  });
  after(() => shop[Symbol.asyncDispose]());

  describe('development', () => {
    let evidence: PostgresEvidence;
    before(async () => {
      evidence = await evidenceNow();
      failed = [...(await assessed(evidence))].flatMap(([id, seen]) => (outcomes(seen).includes('fail') ? [id] : []));
    });

    it('answers every question of the probe', () => {
      for (const [name, answer] of Object.entries(evidence))
        assert.ok(answer.known, `${name}: ${answer.known ? '' : answer.why}`);
      assert.match(evidence.version.known ? evidence.version.value : '', /^\d+\.\d+$/);
    });

    it('shows the form of passwords, never a hash', () => {
      const text = JSON.stringify(evidence);
      assert.doesNotMatch(text, /SCRAM-SHA-256\$|md5[0-9a-f]{32}|canary/);
      assert.equal(evidence.roles.known && evidence.roles.value.find(({ name }) => name === 'legacy')?.password, 'md5');
    });

    for (const { id } of controls)
      it(`fails ${id}`, async () => {
        const observations = (await assessed(evidence)).get(id);
        assert.ok(outcomes(observations).includes('fail'), JSON.stringify(observations));
      });
  });

  describe('production', () => {
    let evidence: PostgresEvidence;
    let stated: readonly SqlStatement[];
    before(async () => {
      stated = await shop.harden();
      evidence = await evidenceNow();
    });

    for (const { id } of controls)
      it(`passes ${id}`, async () => {
        const observations = (await assessed(evidence)).get(id);
        assert.deepEqual(outcomes(observations), ['pass'], JSON.stringify(observations));
      });

    it('is, after the development posture, what the record of proofs says', async () => {
      const passed = [...(await assessed(evidence))].flatMap(([id, seen]) =>
        outcomes(seen).join() === 'pass' ? [id] : [],
      );
      assertProven(import.meta.filename, { failed, passed });
    });

    it('has nothing to change a second time', async () => {
      const { stack, service } = await shop.host.load();
      assert.deepEqual(harden(stack, service), []);
      for (const statement of [...stated, ...statements(stack, service)]) {
        assert.equal(await shop.holds(statement), true, statement.statement);
        assert.equal(await shop.carryOut(statement), 'unchanged');
      }
    });
  });
});
