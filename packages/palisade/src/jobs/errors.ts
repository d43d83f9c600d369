import { defineErrors } from '../support/errors.ts';

/** Errors of the jobs behind the commands. */
export const { error, definitions } = defineErrors<{
  'job/unknown-control': { control: string; nearest: string | undefined };
  'job/file-exists': { file: string };
  'job/baseline-unreadable': { file: string; why: string };
  'job/report-unwritable': { file: string; why: string };
  'job/reference-leaves-project': { file: string; line: number; path: string; sibling: string };
  'job/no-vault': { project: string };
  'job/vault-not-running': { service: string };
  'job/listener-not-managed': { service: string };
  'job/statements-not-supported': { service: string; kind: string };
  'job/identity-unreadable': { file: string; why: string };
  'job/no-recipients': { project: string };
  'job/not-bootstrapped': { services: readonly string[]; directory: string };
  'job/no-bundled-stack': { directory: string };
  'job/demo-service-failed': { service: string; why: string };
  'job/source-changed': { source: string; target: string; files: readonly string[] };
  'job/no-audit-log': { directory: string };
  'job/audit-log-unreadable': { directory: string; why: string };
  'job/audit-checkpoints-unreadable': { file: string; why: string };
  'job/audit-key-unusable': { file: string; why: string };
  'job/audit-memory-beside-log': { file: string; directory: string };
  'job/audit-memory-unusable': { file: string; why: string };
}>({
  'job/unknown-control': {
    exit: 2,
    summary: 'A control was asked for that does not exist.',
    message: ({ control }) => `there is no control ${control}`,
    next: ({ nearest }) =>
      nearest === undefined
        ? 'palisade explain lists all of them'
        : `did you mean ${nearest}? palisade explain lists all of them`,
  },
  'job/file-exists': {
    exit: 2,
    summary: 'A file that would have been written is there already.',
    message: ({ file }) => `${file} exists already and was left as it is`,
    next: () => 'edit it by hand, or move it away first',
  },
  'job/baseline-unreadable': {
    exit: 2,
    summary: 'The baseline is not a JSON report of an earlier assessment.',
    message: ({ file, why }) => `the baseline ${file} could not be used: ${why}`,
    next: () => 'make one with palisade assess --format json -o <file>',
  },
  'job/report-unwritable': {
    exit: 2,
    summary: 'The report could not be written.',
    message: ({ file, why }) => `${file} could not be written: ${why}`,
    next: () => 'choose another file with --output',
  },
  'job/reference-leaves-project': {
    exit: 2,
    summary: 'A Compose file names a path outside of the project, which would lead elsewhere from the hardened copy.',
    message: ({ file, line, path }) =>
      `${file}:${line} refers to ${path}, outside of the project; from the hardened copy it would lead elsewhere`,
    next: ({ sibling }) =>
      `put the copy beside the project, where it leads to the same place: --out ${sibling}; or use --in-place`,
  },
  'job/source-changed': {
    exit: 2,
    summary: 'The project was edited after its hardened copy was made.',
    message: ({ source, target, files }) =>
      `${source} has changed since ${target} was copied from it: ${files.slice(0, 10).join(', ')}${files.length > 10 ? ', …' : ''}`,
    next: ({ target }) => `make the same edits in ${target}, or move it away and run palisade harden again`,
  },
  'job/no-vault': {
    exit: 2,
    summary: 'Something needs a Vault or OpenBao, and the stack has none.',
    message: ({ project }) => `${project} has no active service of the kind vault`,
    next: () => 'add one to the Compose file, or name its kind in palisade.yaml where it was not recognised',
  },
  'job/vault-not-running': {
    exit: 3,
    summary: 'Vault is not running, or does not answer on its port.',
    message: ({ service }) => `${service} is not running here`,
    next: () => 'start it with palisade up, and look into its log with palisade status',
  },
  'job/listener-not-managed': {
    exit: 2,
    summary: "The certificate of Vault's listener is the user's own, so the bootstrap cannot set up trust.",
    message: ({ service }) => `the configuration of ${service} names a certificate that Palisade does not manage`,
    next: () => 'harden the stack first, or let the listener use /certs/cert.pem and /certs/key.pem',
  },
  'job/statements-not-supported': {
    exit: 2,
    summary: 'A service kind asks for statements that it cannot carry out.',
    message: ({ service, kind }) => `statements are wanted in ${service}, and the kind ${kind} cannot carry them out`,
    next: () => 'this is a fault of the service kind; please report it',
  },
  'job/identity-unreadable': {
    exit: 2,
    summary: 'The age identity file cannot be used.',
    message: ({ file, why }) => `the identity file ${file} cannot be used: ${why}`,
    next: () => 'give the file that age-keygen wrote, whose recipient received the shares',
  },
  'job/no-recipients': {
    exit: 2,
    summary: 'Nobody is named who receives the unseal shares.',
    message: ({ project }) => `nobody would hold the keys of ${project}: there is no age recipient`,
    next: () =>
      'make a pair with age-keygen, keep the identity off this machine, and give --recipient age1… or set it in palisade.yaml; --demo-identity is for trying out',
  },
  'job/not-bootstrapped': {
    exit: 2,
    summary: 'A hardened stack was to be started before its certificates and secrets were made.',
    message: ({ services }) =>
      `nothing was started or stopped: certificates that ${services.join(', ')} would need are not issued yet`,
    next: ({ directory }) =>
      `run palisade bootstrap ${directory}, which makes them and starts the services in their order; palisade rollback goes back`,
  },
  'job/no-bundled-stack': {
    exit: 2,
    summary: 'The demo was asked for outside of a checkout of Palisade, where its bundled stack is.',
    message: ({ directory }) => `there is no bundled stack in ${directory}`,
    next: () =>
      'run npm start in a checkout of Palisade; on a stack of your own use palisade assess and palisade harden',
  },
  'job/demo-service-failed': {
    exit: 3,
    summary: 'A service of the demo did not start.',
    message: ({ service, why }) => `${service} did not start: ${why}`,
    next: () => 'read what it logged, above; then run it again',
  },
  'job/no-audit-log': {
    exit: 2,
    summary: 'There is no audit log in a directory that is to be verified.',
    message: ({ directory }) => `there is no audit log in ${directory}, nor in a directory directly below it`,
    next: () => 'give the directory that holds 00000001.jsonl; if it should be there, the log was removed',
  },
  'job/audit-log-unreadable': {
    exit: 3,
    summary: 'An audit log cannot be read, so nothing can be said about it.',
    message: ({ directory, why }) => `the audit log in ${directory} cannot be verified: ${why}`,
    next: () => 'run it as a user who may read the log, on a disk that works',
  },
  'job/audit-checkpoints-unreadable': {
    exit: 2,
    summary: 'A file of checkpoints does not exist, or holds something else.',
    message: ({ file, why }) => `the checkpoints in ${file} cannot be used: ${why}`,
    next: () => 'give a file with one checkpoint a line, as the log writes them into checkpoints.jsonl',
  },
  'job/audit-key-unusable': {
    exit: 2,
    summary: 'A key that is to check checkpoints is none.',
    message: ({ file, why }) => `the key in ${file} cannot be used: ${why}`,
    next: () =>
      'give the public Ed25519 key as PEM, or as base64 of its 32 bytes, which is how the transit engine of Vault shows it',
  },
  'job/audit-memory-beside-log': {
    exit: 2,
    summary: 'What a verification remembers would lie where whoever changes the log can change it too.',
    message: ({ file, directory }) => `${file} lies in ${directory}, beside the log that it is to vouch for`,
    next: () => 'keep it outside of that directory, best on another machine',
  },
  'job/audit-memory-unusable': {
    exit: 3,
    summary: 'The file in which a verification remembers what it saw cannot be read or written.',
    message: ({ file, why }) => `what was remembered in ${file} cannot be used: ${why}`,
    next: () => 'find out who changed it; a new file begins without knowledge of the log',
  },
});
