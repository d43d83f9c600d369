import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { Secret } from '../../support/secret.ts';
import { identifier, literal, queryJson, runSql, type Exec } from './psql.ts';
import { loadProject } from './testing/project.ts';

const { service } = await loadProject({ 'compose.yaml': 'services:\n  db:\n    image: postgres:16\n' });
const signal = new AbortController().signal;

const answering =
  (
    outcome: {
      readonly exitCode?: number;
      readonly stdout?: string;
      readonly stderr?: string;
      readonly truncated?: boolean;
    },
    seen: string[] = [],
  ): Exec =>
  (command, input) => {
    seen.push(command.join(' '), input);
    return Promise.resolve({ exitCode: 0, stdout: '', stderr: '', truncated: false, ...outcome });
  };

const ask = (exec: Exec) => queryJson(exec, service, { database: 'shop', sql: '', shape: z.boolean() }, signal);

describe('psql', () => {
  it('gets SQL and values through standard input, never through arguments', async () => {
    const seen: string[] = [];
    await runSql(
      answering({}, seen),
      service,
      { database: 'shop', sql: "SELECT :'word';", variables: { word: new Secret("can'ary\\\n") } },
      signal,
    );
    assert.doesNotMatch(seen[0] ?? '', /can|SELECT/);
    assert.equal(seen[1], "\\set word 'can''ary\\\\\\n'\nSELECT :'word';\n");
  });

  it('shows the first line of an error, without a secret that stands in it', async () => {
    const exec = answering({ exitCode: 3, stderr: 'psql:<stdin>:4: ERROR:  value canary is bad\nDETAIL: canary\n' });
    await assert.rejects(
      runSql(exec, service, { database: 'shop', sql: '', variables: { a: new Secret('canary') } }, signal),
      {
        code: 'postgres/psql-failed',
        message: 'psql failed in the service db: psql:<stdin>:4: ERROR:  value ‹redacted› is bad',
      },
    );
  });

  it('does not take a cut or strange answer for one', async () => {
    await assert.rejects(ask(answering({ stdout: 'tr' })), { code: 'postgres/psql-answer' });
    await assert.rejects(ask(answering({ stdout: '"true"' })), { code: 'postgres/psql-answer' });
    await assert.rejects(ask(answering({ stdout: 'true', truncated: true })), { code: 'postgres/psql-answer' });
    assert.equal(await ask(answering({ stdout: 'true\n' })), true);
  });

  it('quotes identifiers and literals', () => {
    assert.equal(identifier('a"b'), '"a""b"');
    assert.equal(literal("a'b"), "'a''b'");
    assert.equal(literal("a\\'b"), " E'a\\\\''b'");
  });
});
