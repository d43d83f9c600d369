import assert from 'node:assert/strict';
import { test } from 'node:test';
import { weakTlsIn, weakTlsOf } from './weak-tls.ts';

const weak: readonly (readonly [name: string, value: string])[] = [
  ['DATABASE_URL', 'postgresql://u@db/x?sslmode=disable'],
  ['DATABASE_URL', 'postgresql://u@db/x?application_name=a&sslmode=require'],
  ['DSN', "host=db dbname=x sslmode='prefer'"],
  ['JDBC_URL', 'jdbc:mysql://db/x?useSSL=false'],
  ['JDBC_URL', 'jdbc:mysql://db/x?sslMode=REQUIRED'],
  ['JDBC_URL', 'jdbc:sqlserver://db;encrypt=true;trustServerCertificate=true'],
  ['MYSQL_DSN', 'u@tcp(db:3306)/x?tls=skip-verify'],
  ['MONGO_URL', 'mongodb://db/?tlsInsecure=true'],
  ['CELERY_BROKER', 'rediss://cache:6380/0?ssl_cert_reqs=none'],
  ['PGSSLMODE', 'allow'],
  ['POSTGRES_SSL_MODE', 'require'],
  ['NODE_TLS_REJECT_UNAUTHORIZED', '0'],
  ['APP_TLS_VERIFY', 'false'],
  ['ELASTIC_SSL_NO_VERIFY', '1'],
  ['REDIS_TLS', 'off'],
];
for (const [name, value] of weak)
  test(`finds ${name}=${value}`, () => {
    assert.notEqual(weakTlsOf(name, value), undefined);
  });

const sound: readonly (readonly [name: string, value: string])[] = [
  ['DATABASE_URL', 'postgresql://u@db/x?sslmode=verify-full'],
  ['DATABASE_URL', 'postgresql://u@db/x?sslmode=verify-ca'],
  ['PGSSLMODE', 'verify-full'],
  ['JDBC_URL', 'jdbc:sqlserver://db;encrypt=true;trustServerCertificate=false'],
  ['NODE_TLS_REJECT_UNAUTHORIZED', '1'],
  ['VERIFY_SSL', 'true'],
  ['MONGO_URL', 'mongodb://db/?tls=true'],
  ['MOTTO', 'verify everything'],
  // The control of Vault judges these.
  ['VAULT_SKIP_VERIFY', 'true'],
];
for (const [name, value] of sound)
  test(`lets ${name}=${value} be`, () => {
    assert.equal(weakTlsOf(name, value), undefined);
  });

test('finds switches of programs, and not what only looks like one', () => {
  for (const command of [
    'curl -k https://x',
    'curl -fsSk https://x',
    'curl https://x --insecure',
    'wget --no-check-certificate x',
  ])
    assert.notEqual(weakTlsIn(command), undefined, command);
  for (const command of ['curl --cacert ca.pem https://x', 'tar -k x', 'curl -fsS https://x/-k.txt'])
    assert.equal(weakTlsIn(command), undefined, command);
});
