import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import test from 'node:test';
import { parseConfiguration } from './parse.ts';
import { StartError } from '../errors.ts';

const development = {
  REFERENCE_API_POSTURE: 'development',
  DATABASE_URL: 'postgresql://devuser:devpassword@postgres:5432/devdb?sslmode=disable',
};
const hardened = {
  REFERENCE_API_POSTURE: 'hardened',
  VAULT_ADDR: 'https://vault:8200',
  VAULT_CACERT: '/vault-ca/ca.pem',
  VAULT_ROLE_ID_FILE: '/run/secrets/reference-api-role-id',
  VAULT_SECRET_ID_FILE: '/run/secrets/reference-api-secret-id',
};

const refusal = (environment: Record<string, string>): StartError => {
  try {
    parseConfiguration(environment);
  } catch (error) {
    assert.ok(error instanceof StartError);
    return error;
  }
  assert.fail('it was accepted');
};

test('listens on 8000 everywhere in development and on 8443 when hardened', () => {
  assert.equal(parseConfiguration(development).port, 8000);
  assert.equal(parseConfiguration(development).host, '0.0.0.0');
  assert.equal(parseConfiguration(hardened).port, 8443);
});

test('does not print a password or a token that it was given', () => {
  const text = inspect(parseConfiguration(development), { depth: null });
  assert.doesNotMatch(text, /devpassword/);
  const { DATABASE_URL: _, ...rest } = development;
  const vault = parseConfiguration({ ...rest, VAULT_ADDR: 'http://vault:8200', VAULT_TOKEN: 'canary' });
  assert.doesNotMatch(inspect(vault, { depth: null }) + JSON.stringify(vault), /canary/);
});

const wrong: readonly (readonly [string, Record<string, string>, RegExp])[] = [
  ['no posture', { ...development, REFERENCE_API_POSTURE: '' }, /REFERENCE_API_POSTURE/],
  ['an unknown posture', { ...development, REFERENCE_API_POSTURE: 'production' }, /REFERENCE_API_POSTURE/],
  ['a port that is none', { ...development, PORT: '80000' }, /PORT/],
  ['no credentials', { REFERENCE_API_POSTURE: 'development' }, /DATABASE_URL is not set/],
  ['Vault in plain text when hardened', { ...hardened, VAULT_ADDR: 'http://vault:8200' }, /VAULT_ADDR has to be a URL/],
  ['debug logging when hardened', { ...hardened, LOG_LEVEL: 'debug' }, /LOG_LEVEL/],
  ['a relative path', { ...hardened, VAULT_ROLE_ID_FILE: 'role-id' }, /VAULT_ROLE_ID_FILE has to be an absolute path/],
  ['a secret path with a way out', { ...hardened, DATABASE_VAULT_PATH: '../sys' }, /DATABASE_VAULT_PATH/],
];
for (const [name, environment, message] of wrong)
  test(`refuses ${name}, with exit code 2`, () => {
    const error = refusal(environment);
    assert.equal(error.code, 'configuration/variable-invalid');
    assert.equal(error.exitCode, 2);
    assert.match(error.message, message);
  });

test('names every wrong variable at once', () => {
  const { message } = refusal({ REFERENCE_API_POSTURE: 'hardened' });
  for (const name of ['VAULT_ADDR', 'VAULT_CACERT', 'VAULT_ROLE_ID_FILE', 'VAULT_SECRET_ID_FILE'])
    assert.match(message, new RegExp(`${name} is not set`));
});

for (const name of ['VAULT_TOKEN', 'DATABASE_URL', 'CORS_ORIGINS', 'DEBUG', 'ENABLE_DOCS'])
  test(`refuses ${name} in the hardened posture, without repeating its value`, () => {
    const error = refusal({ ...hardened, [name]: 'canary' });
    assert.equal(error.code, 'configuration/not-in-production');
    assert.doesNotMatch(error.message, /canary/);
  });

test('accepts a switch that is off in the hardened posture', () => {
  assert.equal(parseConfiguration({ ...hardened, DEBUG: 'false', ENABLE_DOCS: '0' }).posture, 'hardened');
});
