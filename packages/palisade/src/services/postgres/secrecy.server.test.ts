import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import type { SqlStatement } from '../../contracts/change.ts';
import { retry } from '../../support/retry.ts';
import { connect, refusal } from './testing/connect.ts';
import { startShop, type Shop } from './testing/shop.ts';

/** The lines of a log that the production posture wrote: those in JSON. */
const structured = (log: string): readonly string[] => log.split('\n').filter((line) => line.startsWith('{'));

/** The messages of pgAudit in a log. */
const audited = (log: string): readonly string[] =>
  structured(log).flatMap((line) => {
    const { message } = z.object({ message: z.string().optional() }).parse(JSON.parse(line));
    return message?.startsWith('AUDIT: ') === true ? [message] : [];
  });

/** Says where a secret stands, without showing it. */
const absent = (text: string, pattern: RegExp): void => {
  assert.equal(text.search(pattern), -1, `${pattern} is in the text`);
};

/** Sets the password of the worker as that of a role, which need not be there. */
const settingPassword = (role: string): SqlStatement => ({
  kind: 'sql-statement',
  service: 'postgres',
  database: 'postgres',
  statement: `ALTER ROLE ${role} PASSWORD :'verifier'`,
  parameters: { role, verifier: { secret: { path: 'postgres/worker', field: 'password' } } },
  expects: { query: 'SELECT false' },
});

describe('the log of PostgreSQL', () => {
  let shop: Shop;
  before(async () => {
    shop = await startShop();
  });
  after(() => shop[Symbol.asyncDispose]());

  describe('in development, where it holds every statement', () => {
    it('does not hold the verifier of a password that Palisade sets', async () => {
      const statement = settingPassword('intruder');
      assert.equal(await shop.carryOut(statement), 'applied');
      const repeated = { query: "SELECT rolpassword = :'verifier' FROM pg_authid WHERE rolname = :'role'" };
      assert.equal(await shop.carryOut({ ...statement, expects: repeated }), 'unchanged');
      const log = await shop.host.logs();
      assert.match(log, /log_statement/, 'the log holds every statement');
      absent(log, /canary-worker|SCRAM-SHA-256\$\d/);
    });
  });

  describe('in production', () => {
    before(async () => {
      await shop.harden();
    });

    it('holds writes, structure and roles as JSON, and no password or verifier anywhere', async () => {
      const client = await connect(shop.loginOf('reference-api'));
      await client.query("INSERT INTO users (name) VALUES ('audited')");
      await client.query('CREATE TABLE audited (id int)');
      await client.query('DROP TABLE audited');
      await client.query("DELETE FROM users WHERE name = 'audited'");
      await client.end();
      const refused = { user: 'devuser', password: 'canary-devpassword' };
      for (const changes of [{ password: 'canary-wrong' }, refused])
        assert.notEqual(await refusal(shop.loginOf('reference-api', changes)), 'let in');
      const patterns = [
        /WRITE,INSERT,.*audited/,
        /DDL,CREATE TABLE,TABLE,public\.audited/,
        /ROLE,ALTER ROLE,,,.*reference-api.*PASSWORD <REDACTED>/,
      ];
      // The server hands its lines to a collector, which writes them a moment later.
      const log = await retry(
        async () => {
          const text = await shop.host.logs();
          const messages = audited(text);
          for (const pattern of patterns)
            assert.ok(
              messages.some((message) => pattern.test(message)),
              String(pattern),
            );
          return text;
        },
        { within: 5000 },
      );
      absent(structured(log).join('\n'), /canary-|SCRAM-SHA-256\$\d/);
    });

    it('does not hold the password of a statement that fails, nor does the error', async () => {
      await assert.rejects(shop.carryOut(settingPassword('nobody_here')), (thrown) => {
        assert.ok(thrown instanceof Error);
        assert.match(thrown.message, /role "nobody_here" does not exist/);
        assert.doesNotMatch(thrown.message, /canary|SCRAM/);
        return true;
      });
      const log = await retry(
        async () => {
          const text = await shop.host.logs();
          assert.match(text, /role \\"nobody_here\\" does not exist/);
          return text;
        },
        { within: 5000 },
      );
      absent(log, /canary-worker|SCRAM-SHA-256\$\d/);
    });
  });
});
