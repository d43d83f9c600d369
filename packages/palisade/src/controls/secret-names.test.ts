import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { addressPasswords, canBeSecretValue, commandSecrets, isSecretName } from './secret-names.ts';

suite('the name of a secret', () => {
  for (const name of [
    'POSTGRES_PASSWORD',
    'PGPASSWORD',
    'MYSQL_PWD',
    'REDISCLI_AUTH',
    'RABBITMQ_DEFAULT_PASS',
    'RABBITMQ_ERLANG_COOKIE',
    'SECRET_KEY_BASE',
    'AWS_SECRET_ACCESS_KEY',
    'api-key',
    'FORGEJO__database__PASSWD',
    'clientSecret',
    'VAULT_SECRET_ID',
    'VAULT_TOKEN',
  ])
    test(`is ${name}`, () => assert.equal(isSecretName(name), true));

  for (const name of [
    'POSTGRES_PASSWORD_FILE',
    'PASSWORD_MIN_LENGTH',
    'TOKEN_TTL',
    'AWS_ACCESS_KEY_ID',
    'VAULT_ROLE_ID',
    'POSTGRES_HOST_AUTH_METHOD',
    'MAX_TOKENS',
    'BYPASS',
    'PWD',
    'COMPASS',
    'PARTITION_KEY',
    'SECRETS_DIRECTORY',
  ])
    test(`is not ${name}`, () => assert.equal(isSecretName(name), false));
});

suite('the value of a secret', () => {
  for (const value of ['hunter2', '12345', 'a b', 'p@$$word'])
    test(`can be ${value}`, () => assert.equal(canBeSecretValue(value), true));
  for (const value of [
    '',
    ' ',
    'true',
    'No',
    '/run/secrets/x',
    './secret',
    '$PASSWORD',
    '${PASSWORD}',
    '$(cat x)',
    'op://vault/item',
  ])
    test(`cannot be ${JSON.stringify(value)}`, () => assert.equal(canBeSecretValue(value), false));
});

suite('the passwords of addresses', () => {
  for (const [text, expected] of [
    ['postgres://app:hunter2@db/app', ['hunter2']],
    ['redis://:hunter2@cache:6379/0', ['hunter2']],
    ['a amqp://a:b@c d https://e:f@g', ['b', 'f']],
    ['jdbc:mysql://db/app?user=a&password=hunter2&ssl=true', ['hunter2']],
    ["host=db password='hunter2'", ['hunter2']],
    ['postgres://app@db/app', []],
    ['postgres://app:${PASSWORD}@db/app', []],
    ['postgres://app:<password>@db/app', []],
    ['http://db:5432/a@b', []],
    ['mailto:someone@example.org', []],
  ] as const)
    test(`in ${text}`, () => assert.deepEqual(addressPasswords(text), expected));
});

suite('the secrets of a command line', () => {
  for (const [command, expected] of [
    ['redis-server --requirepass hunter2', ['requirepass']],
    ['app --api-key=abc --user=me', ['api-key']],
    ['sh -c "PGPASSWORD=hunter2 psql -h db"', ['PGPASSWORD']],
    ['redis-cli -a hunter2 ping', ['password']],
    ['mysqladmin -uroot -phunter2 ping', ['password']],
    ['mysqladmin ping -h localhost -P 3306 --protocol=tcp', []],
    ['redis-cli -a "" ping', []],
    ['redis-server --requirepass "$(cat /run/secrets/cache)"', []],
    ['app --token-file /run/secrets/token --password', []],
    ['tar -a file.tar', []],
  ] as const)
    test(`of ${command}`, () =>
      assert.deepEqual(
        commandSecrets(command).map(({ name }) => name),
        expected,
      ));
});
