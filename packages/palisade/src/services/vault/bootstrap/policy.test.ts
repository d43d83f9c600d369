import assert from 'node:assert/strict';
import test from 'node:test';
import type { ManagedSecret, VaultRight } from '../../../contracts/service-kind.ts';
import { PalisadeError } from '../../../support/errors.ts';
import { goal } from '../../../../test/vault-bootstrap/example.ts';
import { type PolicyRule, exactName, operatorRules, readersOf, renderPolicy, serviceRules } from './policy.ts';

test('gives a service its own entries and the care of its own token, by exact paths', () => {
  assert.equal(
    renderPolicy(serviceRules('reference-api', goal)),
    `path "secret/data/postgres/reference-api" {
  capabilities = ["read"]
}

path "secret/data/reference-api/signing-keys" {
  capabilities = ["create", "read", "update"]
}

path "transit/sign/reference-api-audit" {
  capabilities = ["create", "update"]
}

path "auth/token/lookup-self" {
  capabilities = ["read"]
}

path "auth/token/renew-self" {
  capabilities = ["update"]
}

path "auth/token/revoke-self" {
  capabilities = ["update"]
}
`,
  );
});

test('never writes a pattern, nor a right over policies, roles or mounts', () => {
  const rules = operatorRules(goal, goal.certificates, []);
  const text = renderPolicy(rules);
  assert.doesNotMatch(text, /[*+]/);
  const changing = rules.filter((rule) =>
    rule.capabilities.some((one) => one !== 'read' && one !== 'list' && one !== 'sudo'),
  );
  for (const rule of changing)
    assert.doesNotMatch(
      rule.path,
      /^(sys\/(policies|mounts|auth|audit)|auth\/approle\/role\/[^/]+$|pki\/|pki_int\/roles)/,
    );
  assert.ok(changing.some((rule) => rule.path === 'pki_int/sign/postgres-server'));
  assert.ok(changing.some((rule) => rule.path === 'secret/data/postgres'));
});

test('lets the operator have a secret-id in a wrapping token only', () => {
  const text = renderPolicy(operatorRules(goal, goal.certificates, []));
  assert.match(
    text,
    /path "auth\/approle\/role\/postgres\/secret-id" \{\n {2}capabilities = \["create", "update"\]\n {2}min_wrapping_ttl = "1s"\n {2}max_wrapping_ttl = "60s"\n\}/,
  );
});

test('writes rules of one path as one, with the rights of both', () => {
  assert.equal(
    renderPolicy([
      { path: 'a', capabilities: ['update', 'read'] },
      { path: 'b', capabilities: ['list'] },
      { path: 'a', capabilities: ['create', 'read'] },
    ]),
    'path "a" {\n  capabilities = ["create", "read", "update"]\n}\n\npath "b" {\n  capabilities = ["list"]\n}\n',
  );
});

test('refuses a name that means more than itself, or ends the text of the policy', () => {
  for (const name of ['', '*', 'a/*', 'a/+/b', '../sys', 'a//b', 'a/', '/a', 'a"b', 'a b', 'a\n', '{{identity}}', '.'])
    assert.throws(
      () => exactName('secret', name),
      (thrown: unknown) => thrown instanceof PalisadeError && thrown.code === 'vault-bootstrap/name-refused',
      name,
    );
  assert.equal(exactName('secret', 'postgres/reference-api_2.x'), 'postgres/reference-api_2.x');
});

const secret = (path: string, readers: readonly string[]): ManagedSecret => ({ path, fields: {}, readers });
const ofTransit = (rules: readonly PolicyRule[]): readonly PolicyRule[] =>
  rules.filter(({ path }) => path.startsWith('transit/'));
const mentions = (rules: readonly PolicyRule[]): readonly PolicyRule[] =>
  rules.filter(({ path }) => path.includes('signing-keys'));
const ownEntry = (service: string, path: string): VaultRight => ({ kind: 'own-entry', service, path });

test('finds everybody who logs in once, in order', () => {
  const secrets = [secret('a', ['z', 'b']), secret('b', ['b']), secret('c', [])];
  assert.deepEqual(readersOf({ secrets, rights: [ownEntry('m', 'm/keys'), ownEntry('b', 'b/keys')] }), ['b', 'm', 'z']);
});

test('lets a service make and replace its own entry, and nobody else come near, the operator least of all', () => {
  const uses = { secrets: goal.secrets, rights: [ownEntry('reference-api', 'reference-api/signing-keys')] };
  assert.deepEqual(mentions(serviceRules('reference-api', uses)), [
    { path: 'secret/data/reference-api/signing-keys', capabilities: ['create', 'read', 'update'] },
  ]);
  assert.deepEqual(mentions(serviceRules('postgres', uses)), []);
  assert.deepEqual(mentions(operatorRules(uses, goal.certificates, [])), []);
  assert.throws(
    () => serviceRules('app', { secrets: [], rights: [ownEntry('app', 'app/*')] }),
    (thrown: unknown) => thrown instanceof PalisadeError && thrown.code === 'vault-bootstrap/name-refused',
  );
});

test('lets a service have things signed, and look at no key; the operator sees the public half', () => {
  const right: VaultRight = { kind: 'signing', service: 'reference-api', key: 'reference-api-audit' };
  const uses = { secrets: goal.secrets, rights: [right] };
  assert.deepEqual(ofTransit(serviceRules('reference-api', uses)), [
    { path: 'transit/sign/reference-api-audit', capabilities: ['create', 'update'] },
  ]);
  assert.deepEqual(ofTransit(serviceRules('postgres', uses)), []);
  assert.deepEqual(ofTransit(operatorRules(uses, goal.certificates, [])), [
    { path: 'transit/keys/reference-api-audit', capabilities: ['read'] },
  ]);
});
