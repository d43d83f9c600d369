import { defineErrors } from '../../../support/errors.ts';

interface BootstrapErrors {
  'vault-bootstrap/name-refused': { readonly what: string; readonly name: string };
  'vault-bootstrap/consumer-without-network': { readonly service: string };
  'vault-bootstrap/recipient-refused': { readonly recipient: string };
  'vault-bootstrap/identity-wrong': { readonly file: string };
  'vault-bootstrap/identity-needed': { readonly purpose: string };
  'vault-bootstrap/keys-unknown': { readonly directory: string };
  'vault-bootstrap/keys-damaged': { readonly file: string };
  'vault-bootstrap/not-set-aside': { readonly address: string };
  'vault-bootstrap/not-active': { readonly address: string; readonly state: string };
  'vault-bootstrap/unseal-refused': { readonly address: string };
  'vault-bootstrap/audit-devices-missing': { readonly found: number };
  'vault-bootstrap/mount-taken': { readonly path: string; readonly type: string };
  'vault-bootstrap/operator-lost': { readonly why: string };
  'vault-bootstrap/operator-lacks': { readonly paths: readonly string[] };
  'vault-bootstrap/not-verified': { readonly step: string; readonly tasks: readonly string[] };
  'vault-bootstrap/wrapping-intercepted': { readonly service: string; readonly path: string };
  'vault-bootstrap/root-token-alive': { readonly file: string };
  'vault-bootstrap/request-failed': { readonly step: string; readonly why: string; readonly next: string };
  'vault-bootstrap/listener-not-reloaded': { readonly address: string };
  'vault-bootstrap/certificate-wrong': { readonly role: string; readonly why: string };
}

/** Errors of the bootstrap of a Vault server. */
export const { error, definitions } = defineErrors<BootstrapErrors>({
  'vault-bootstrap/name-refused': {
    exit: 2,
    summary: 'A name would mean more than one path in a policy, or none.',
    message: ({ what, name }) => `the ${what} ${JSON.stringify(name)} cannot stand in a policy`,
    next: () => 'Use letters, digits, dots, dashes and underscores, with single slashes between the parts of a path.',
  },
  'vault-bootstrap/consumer-without-network': {
    exit: 2,
    summary: 'A service reads secrets, and nobody said from which addresses it calls.',
    message: ({ service }) => `${service} reads secrets, but the networks that it calls from are not known`,
    next: () => 'Attach the service to a network with a subnet, so that its AppRole can be bound to it.',
  },
  'vault-bootstrap/recipient-refused': {
    exit: 2,
    summary: 'A recipient of the unseal shares is not an age recipient.',
    message: ({ recipient }) => `${JSON.stringify(recipient)} is not an age recipient`,
    next: () => 'Make an identity with age-keygen and give its public part, which begins with age1.',
  },
  'vault-bootstrap/identity-wrong': {
    exit: 2,
    summary: 'The age identity does not open the files of this server.',
    message: ({ file }) => `the identity does not open ${file}`,
    next: () => 'Give the identity of one of the recipients that the server was initialised for.',
  },
  'vault-bootstrap/identity-needed': {
    exit: 2,
    summary: 'Something needs the unseal shares or the root token, which only the identity of a recipient opens.',
    message: ({ purpose }) => `the age identity of a recipient is needed ${purpose}`,
    next: () => 'Run it again with the identity file of one of the recipients.',
  },
  'vault-bootstrap/keys-unknown': {
    exit: 2,
    summary: 'The server is initialised, and Palisade holds no shares of it.',
    message: ({ directory }) => `the server was initialised by somebody else: ${directory} holds no shares of it`,
    next: () => 'Bring back the state directory that belongs to it, or move the data of the server away.',
  },
  'vault-bootstrap/keys-damaged': {
    exit: 2,
    summary: 'A file with keys was opened and does not hold what it should.',
    message: ({ file }) => `${file} is damaged`,
    next: () => 'Bring back a copy of the file.',
  },
  'vault-bootstrap/not-set-aside': {
    exit: 3,
    summary: 'The data of a server whose shares were lost was to be moved away, but the server is still initialised.',
    message: ({ address }) => `${address} is still initialised with keys that nobody holds`,
    next: () => 'Stop the server, move its data away, start it, and run this again.',
  },
  'vault-bootstrap/not-active': {
    exit: 3,
    summary: 'The server did not become active in time.',
    message: ({ address, state }) => `${address} did not become active; its last state was ${state}`,
    next: () => 'Look into the log of the server.',
  },
  'vault-bootstrap/unseal-refused': {
    exit: 3,
    summary: 'The server takes the shares, but stays sealed.',
    message: ({ address }) => `${address} does not open with the shares of the state directory`,
    next: () => 'Check that the state directory and the data of the server belong together.',
  },
  'vault-bootstrap/audit-devices-missing': {
    exit: 2,
    summary: 'A server has fewer than two audit devices, and wants them in its configuration.',
    message: ({ found }) => `the server has ${found} audit devices, and two are needed so that one may fail`,
    next: () =>
      'Put two into the configuration of the server: audit "file" "main" { options { file_path = "/vault/logs/audit.log" } }, the second with another name and file; then reload it with SIGHUP.',
  },
  'vault-bootstrap/mount-taken': {
    exit: 2,
    summary: 'Something else is mounted where the bootstrap needs an engine of its own.',
    message: ({ path, type }) => `${path} is already mounted as ${type}`,
    next: () => 'Move that mount to another path.',
  },
  'vault-bootstrap/operator-lost': {
    exit: 3,
    summary: 'Neither a root token nor the credential of the operator is there, so nobody may do anything.',
    message: ({ why }) => `nobody can log in as the operator of this server: ${why}`,
    next: () =>
      'Bring back operator.json of the state directory. Without it, OpenBao has to allow its unauthenticated endpoint for a while: disable_unauthed_generate_root_endpoints = false in the listener.',
  },
  'vault-bootstrap/operator-lacks': {
    exit: 3,
    summary: 'The operator was set up, and the server does not let it do all that it needs.',
    message: ({ paths }) => `the operator may not use ${paths.join(', ')}`,
    next: () => 'Check that nobody edits the policy palisade-operator-policy, then run this again.',
  },
  'vault-bootstrap/not-verified': {
    exit: 3,
    summary: 'Something was written, and the server does not show it.',
    message: ({ step, tasks }) => `${step}: done, but the server does not show it: ${tasks.join('; ')}`,
    next: () => 'Look into the log of the server, and whether somebody else writes to it.',
  },
  'vault-bootstrap/wrapping-intercepted': {
    exit: 3,
    summary: 'A wrapping token does not hold the answer that was asked for.',
    message: ({ service, path }) => `the wrapped secret-id of ${service} was made by ${path}: somebody put it there`,
    next: () => 'Take the network between Palisade and the server for hostile; look into the audit log.',
  },
  'vault-bootstrap/root-token-alive': {
    exit: 3,
    summary: 'The root token was revoked and still works.',
    message: ({ file }) => `the root token of ${file} still works after it was revoked`,
    next: () => 'Run this again; look into the log of the server.',
  },
  'vault-bootstrap/request-failed': {
    exit: 3,
    summary: 'A request of a step failed.',
    message: ({ step, why }) => `${step}: ${why}`,
    next: ({ next }) => next,
  },
  'vault-bootstrap/listener-not-reloaded': {
    exit: 3,
    summary: 'The server still presents its old certificate after a reload.',
    message: ({ address }) => `${address} does not present its new certificate`,
    next: () => 'Look into the log of the server; the files of its listener must be those of the configuration.',
  },
  'vault-bootstrap/certificate-wrong': {
    exit: 3,
    summary: 'The PKI signed something else than what was asked for; it is not installed.',
    message: ({ role, why }) => `the certificate of ${role} is not usable: ${why}`,
    next: () => 'Check the role and the issuer of the PKI.',
  },
});
