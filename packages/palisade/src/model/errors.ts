import type { Diagnostic } from '../contracts/stack.ts';
import type { Location } from '../contracts/location.ts';
import { defineErrors } from '../support/errors.ts';

interface ModelErrors {
  'model/directory-missing': { directory: string };
  'model/no-compose-file': { directory: string };
  'model/file-missing': { file: string };
  'model/file-unreadable': { file: string; reason: string };
  'model/file-too-large': { file: string; size: number; limit: number };
  'model/file-encoding': { file: string; found: string };
  'model/yaml-invalid': { file: string; reason: string };
  'model/not-a-mapping': { what: string };
  'model/key-duplicate': { key: string };
  'model/merge-key-duplicate': { key: string };
  'model/merge-value-invalid': { key: string };
  'model/alias-unknown': { alias: string };
  'model/alias-cycle': { alias: string };
  'model/too-many-nodes': { file: string; limit: number };
  'model/interpolation-invalid': { key: string };
  'model/variable-required': { variable: string; key: string };
  'model/variable-unset': { variable: string };
  'model/schema-violation': { key: string; reason: string };
  'model/key-unknown': { key: string };
  'model/extends-cycle': { chain: string };
  'model/extends-missing': { service: string; file: string };
  'model/include-cycle': { chain: string };
  'model/include-missing': { file: string };
  'model/include-conflict': { what: string };
  'model/nesting-too-deep': { limit: number };
  'model/port-invalid': { service: string };
  'model/mount-invalid': { service: string };
  'model/value-invalid': { key: string; expected: string };
  'model/env-file-missing': { file: string };
  'model/env-line-invalid': { file: string };
  'model/reference-undefined': { service: string; what: string; name: string };
  'model/files-bounded': { limit: number };
  'model/configuration-invalid': { reason: string };
  'model/edit-drift': { file: string; path: string };
  'model/edit-impossible': { file: string; path: string; reason: string };
}

/** The errors of the model; most of them reach the user as diagnostics of a stack rather than thrown. */
export const { error, definitions } = defineErrors<ModelErrors>({
  'model/directory-missing': {
    exit: 2,
    summary: 'The project directory does not exist or is not a directory.',
    message: ({ directory }) => `${directory} is not a directory`,
    next: () => 'Name the directory that holds the Compose file.',
  },
  'model/no-compose-file': {
    exit: 2,
    summary: 'The project directory holds no Compose file under a standard name.',
    message: ({ directory }) =>
      `${directory} holds no compose.yaml, compose.yml, docker-compose.yaml or docker-compose.yml`,
    next: () => 'Name the directory of the project, or the Compose files one by one.',
  },
  'model/file-missing': {
    exit: 2,
    summary: 'A Compose file that was named does not exist.',
    message: ({ file }) => `${file} does not exist`,
    next: () => 'Correct the name; paths are relative to the project directory.',
  },
  'model/file-unreadable': {
    exit: 3,
    summary: 'A file of the project could not be read.',
    message: ({ file, reason }) => `${file} could not be read: ${reason}`,
    next: () => 'Make the file a regular file that this user may read.',
  },
  'model/file-too-large': {
    exit: 3,
    summary: 'A Compose file, environment file or configuration is larger than the bound.',
    message: ({ file, size, limit }) => `${file} has ${size} bytes; at most ${limit} are read`,
    next: () => 'Split the file, for example with include, and move bulk data out of it.',
  },
  'model/file-encoding': {
    exit: 3,
    summary: 'A Compose file is not UTF-8 text.',
    message: ({ file, found }) => `${file} is not UTF-8 text: it looks like ${found}`,
    next: () => 'Save the file as UTF-8.',
  },
  'model/yaml-invalid': {
    exit: 3,
    summary: 'A Compose file is not valid YAML.',
    message: ({ file, reason }) => `${file} is not valid YAML: ${reason}`,
    next: () => 'Correct the line that is named; until then nothing in this file is taken into account.',
  },
  'model/not-a-mapping': {
    exit: 3,
    summary: 'A part of a Compose file that has to be a mapping is something else.',
    message: ({ what }) => `${what} is not a mapping`,
    next: () => 'Write it as keys with values.',
  },
  'model/key-duplicate': {
    exit: 3,
    summary: 'A mapping names the same key twice; Compose refuses such a file.',
    message: ({ key }) => `the key ${key} is written twice in one mapping; Compose refuses the file`,
    next: () => 'Keep one of the two.',
  },
  'model/merge-key-duplicate': {
    exit: 3,
    summary: 'A mapping holds two merge keys (`<<`); Compose refuses such a file.',
    message: ({ key }) => `${key} has two merge keys (<<); Compose refuses the file`,
    next: () => 'Merge both with one key: <<: [*first, *second].',
  },
  'model/merge-value-invalid': {
    exit: 3,
    summary: 'A merge key (`<<`) has a value that is not a mapping nor a list of mappings.',
    message: ({ key }) => `the merge key (<<) of ${key} names something that is not a mapping`,
    next: () => 'Let it name an anchor of a mapping, or a list of such anchors.',
  },
  'model/alias-unknown': {
    exit: 3,
    summary: 'An alias names an anchor that is not defined before it.',
    // Its name is not told: where a password begins with an asterisk, it is the password.
    message: () => 'an alias (*) names no anchor that stands before it',
    next: () =>
      'Define the anchor above its first use, for anchors do not reach into other files; put a text that begins with * in quotes.',
  },
  'model/alias-cycle': {
    exit: 3,
    summary: 'An alias stands inside of the very value that it names.',
    message: ({ alias }) => `the alias *${alias} stands inside of the value that it names`,
    next: () => 'Break the circle.',
  },
  'model/too-many-nodes': {
    exit: 3,
    summary: 'A Compose file unfolds to more values than the bound, for example by aliases of aliases.',
    message: ({ file, limit }) => `${file} unfolds to more than ${limit} values`,
    next: () => 'Remove the aliases that multiply each other.',
  },
  'model/interpolation-invalid': {
    exit: 3,
    summary: 'A value holds a `$` that is neither a variable nor escaped.',
    message: ({ key }) => `${key} holds a $ that starts no valid variable; Compose refuses the file`,
    next: () => 'Write $$ for a dollar sign, ${NAME} for a variable.',
  },
  'model/variable-required': {
    exit: 3,
    summary: 'A variable written with `?` has no value, so that Compose would refuse to start.',
    message: ({ variable, key }) => `${variable}, which ${key} requires, is not set`,
    next: ({ variable }) => `Set ${variable} in the environment or in .env before the stack is started.`,
  },
  'model/variable-unset': {
    exit: 3,
    summary: 'A variable without default has no value; Compose puts an empty text in its place.',
    message: ({ variable }) => `${variable} is not set and becomes an empty text`,
    next: ({ variable }) => `Set ${variable}, or write \${${variable}:?} so that a missing value is noticed.`,
  },
  'model/schema-violation': {
    exit: 3,
    summary: 'A value does not fit the Compose specification.',
    message: ({ key, reason }) => `${key} ${reason}`,
    next: () => 'Correct the value; the Compose specification says which ones are allowed.',
  },
  'model/key-unknown': {
    exit: 3,
    summary: 'A key that the known Compose specification does not have.',
    message: ({ key }) => `${key} is no key of the Compose specification as known here`,
    next: () => 'Check the spelling; a key of a newer Compose is left as it is.',
  },
  'model/extends-cycle': {
    exit: 3,
    summary: 'Services extend each other in a circle.',
    message: ({ chain }) => `services extend each other in a circle: ${chain}`,
    next: () => 'Break the circle.',
  },
  'model/extends-missing': {
    exit: 3,
    summary: 'A service extends one that does not exist.',
    message: ({ service, file }) => `${file} has no service ${service} to extend`,
    next: () => 'Correct the name of the service or of the file.',
  },
  'model/include-cycle': {
    exit: 3,
    summary: 'Compose files include each other in a circle.',
    message: ({ chain }) => `files include each other in a circle: ${chain}`,
    next: () => 'Break the circle.',
  },
  'model/include-missing': {
    exit: 3,
    summary: 'An included or extended file does not exist.',
    message: ({ file }) => `${file} does not exist`,
    next: () => 'Correct the path; it is relative to the file that names it.',
  },
  'model/include-conflict': {
    exit: 3,
    summary: 'An included file defines something that the project defines differently.',
    message: ({ what }) => `${what} is defined by an included file and again by the project`,
    next: () => 'Keep one definition, or override the included one through a list of paths in include.',
  },
  'model/nesting-too-deep': {
    exit: 3,
    summary: 'Files include or extend each other through more levels than the bound.',
    message: ({ limit }) => `files include or extend each other through more than ${limit} levels`,
    next: () => 'Flatten the chain.',
  },
  'model/port-invalid': {
    exit: 3,
    summary: 'A port entry could not be understood.',
    message: ({ service }) => `a port of ${service} could not be understood`,
    next: () => 'Write [ADDRESS:][PUBLISHED:]TARGET[/PROTOCOL], ranges of equal length, ports from 1 to 65535.',
  },
  'model/mount-invalid': {
    exit: 3,
    summary: 'A volume entry could not be understood.',
    message: ({ service }) => `a volume of ${service} could not be understood`,
    next: () => 'Write [SOURCE:]TARGET[:MODE], or the long syntax with type, source and target.',
  },
  'model/value-invalid': {
    exit: 3,
    summary: 'A value has the wrong type.',
    message: ({ key, expected }) => `${key} is not ${expected}`,
    next: () => 'Correct the value.',
  },
  'model/env-file-missing': {
    exit: 3,
    summary: 'An env_file that is required does not exist.',
    message: ({ file }) => `the environment file ${file} does not exist`,
    next: () => 'Create it, or mark it with required: false.',
  },
  'model/env-line-invalid': {
    exit: 3,
    summary: 'A line of an environment file could not be understood.',
    message: ({ file }) => `a line of ${file} could not be understood`,
    next: () => 'Write NAME=value, one a line; quotes have to be closed.',
  },
  'model/reference-undefined': {
    exit: 3,
    summary: 'A service names a network, secret, config or service that is not defined.',
    message: ({ service, what, name }) => `${service} uses the ${what} ${name}, which is not defined`,
    next: ({ what, name }) => `Define the ${what} ${name}, or correct its name.`,
  },
  'model/files-bounded': {
    exit: 3,
    summary: 'The project mounts more files than are read.',
    message: ({ limit }) => `the project mounts more than ${limit} files; the rest was not read`,
    next: () => 'Mount narrower directories.',
  },
  'model/configuration-invalid': {
    exit: 2,
    summary: 'palisade.yaml says something that is not allowed.',
    message: ({ reason }) => `palisade.yaml: ${reason}`,
    next: () => 'Correct the line; `palisade init` writes a commented example.',
  },
  'model/edit-drift': {
    exit: 2,
    summary: 'A Compose file no longer says what an edit expects.',
    message: ({ file, path }) => `${file} has changed at ${path} since the edit was planned`,
    next: () => 'Assess again and make a new plan; nothing was changed.',
  },
  'model/edit-impossible': {
    exit: 2,
    summary: 'An edit cannot be made where it points.',
    message: ({ file, path, reason }) => `${file} cannot be edited at ${path}: ${reason}`,
    next: () => 'Make the change by hand; nothing was changed.',
  },
});

/** Receives what the parser notices. */
export type Report = <Code extends keyof ModelErrors>(
  severity: Diagnostic['severity'],
  code: Code,
  details: ModelErrors[Code],
  at: Location,
) => void;

/** Collects diagnostics; the same one at the same place once. */
export const collectDiagnostics = (): { readonly report: Report; readonly all: () => readonly Diagnostic[] } => {
  const found = new Map<string, Diagnostic>();
  const report: Report = (severity, code, details, at) => {
    const { message, next } = definitions[code];
    const text = message(details);
    found.set([code, at.file, at.line, at.column, text].join('\0'), {
      severity,
      code,
      message: text,
      next: next(details),
      at,
    });
  };
  return { report, all: () => [...found.values()] };
};
