import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { redactLines } from './redact.ts';

const canary = 'hunter2canary';

const masked: readonly string[] = [
  `      POSTGRES_PASSWORD: ${canary}`,
  `      POSTGRES_PASSWORD: "${canary}"`,
  `      - POSTGRES_PASSWORD=${canary}`,
  `      "vault-token": ${canary}`,
  `      MYSQL_PWD: ${canary}`,
  `      PASSWORD: \${PASSWORD:-${canary}}`,
  `      DATABASE_URL: postgres://app:${canary}@postgres/app`,
  `    command: redis-server --requirepass ${canary} --port 0`,
  `    command: ["redis-server", "--requirepass", "${canary}"]`,
  `requirepass ${canary}`,
  `user default on >${canary} ~* +@all`,
  `API_KEY=${canary} # comment`,
  `      PASSWORD: >-\n        ${canary}`,
  `      PASSWORD: |\n        first\n\n        ${canary}`,
  `-----BEGIN EC PRIVATE KEY-----\n${canary}\n-----END EC PRIVATE KEY-----`,
  `      hvs.${canary}${canary}`,
  `      PASSWORD: "first\n        ${canary}"`,
  `      PASSWORD:\n        ${canary}`,
  `      VAULT_SECRET_ID: ${canary}`,
  `      environment: { A: b, POSTGRES_PASSWORD: ${canary} }`,
  `      APP_PASSWORD_PROD: ${canary}`,
  `"app" "${canary}"`,
  `"app" "SCRAM-SHA-256$4096:${canary}"`,
  `app:$2b$10$${canary}`,
  `proxy_set_header Authorization "Bearer ${canary}";`,
  `      - "\${SQL_PASSWORD:-${canary}}"`,
  `    command: ["redis-server", "--requirepass", "a,\\"${canary}"]`,
  `    command: redis-server --requirepass a'${canary}`,
  `      test: ["CMD", "redis-cli", "-a", "${canary}", "ping"]`,
  `      test: mysqladmin ping -uroot -p${canary}`,
  `      URL: postgres://app:a/b@${canary}@db/app`,
  `CREATE ROLE app LOGIN PASSWORD '${canary}';`,
];
const kept: readonly string[] = [
  '      POSTGRES_PASSWORD_FILE: /run/secrets/postgres-password',
  '      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}',
  '    image: postgres:16',
  'password_encryption = scram-sha-256',
  'auth_type = scram-sha-256',
  'security:\n  authorization: enabled',
  'token_ttl: 1h',
  '  "$verify" "$host:$port" -verify_return_error',
  '    password) field_password=$value ;;',
  `[ -z "$token" ] || printf 'X-Vault-Token: %s\\r\\n' "$token"`,
  'secrets:\n  redis-password:\n    file: ./secrets/redis/role-id',
  '    secrets:\n      - redis-password',
  '      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}\n      POSTGRES_USER: app',
  '    secrets:',
  '      - ./secrets/vault/token:/run/secrets/token:ro',
  '      - 127.0.0.1:5432:5432',
  '      URL: https://vault:8200/v1/secret',
  '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
];

describe('masking secrets in texts', () => {
  for (const text of masked)
    it(`masks ${JSON.stringify(text)}`, () => {
      const result = redactLines(text).join('\n');
      assert.doesNotMatch(result, new RegExp(canary));
      assert.match(result, /‹redacted›/);
    });
  it('masks a very long line whole, without thinking about it for long', () => {
    const line = 'password'.repeat(200_000);
    assert.deepEqual(redactLines(`a\n${line}\nb`), ['a', '‹redacted›', 'b']);
  });
  for (const text of kept) it(`keeps ${JSON.stringify(text)}`, () => assert.equal(redactLines(text).join('\n'), text));
});
