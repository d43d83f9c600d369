import type { Located } from '../contracts/location.ts';
import type { Service } from '../contracts/stack.ts';

/** A setting of a service that can carry a secret. */
export interface Setting {
  /** Where it stands, for people: `the variable DB_PASSWORD`, `its command`. */
  readonly place: string;
  /** The name of the variable or label; absent for command lines. */
  readonly name?: string;
  readonly located: Located<string>;
}

const named = (place: string, values: ReadonlyMap<string, Located<string | null>>): readonly Setting[] =>
  [...values].flatMap(([name, { value, ...rest }]) =>
    value === null ? [] : [{ place: `the ${place} ${name}`, name, located: { value, ...rest } }],
  );

const line = (place: string, words: Located<readonly string[]> | undefined): readonly Setting[] =>
  words === undefined
    ? []
    : [{ place, located: { ...words, value: words.value.map((word) => (word === '' ? '""' : word)).join(' ') } }];

/** The environment and the labels of a service. */
export const namedSettings = ({ environment, labels }: Service): readonly Setting[] => [
  ...named('variable', environment),
  ...named('label', labels),
];

/** The command lines of a service: entrypoint, command and health check. */
export const commandLines = ({ entrypoint, command, healthcheck }: Service): readonly Setting[] => [
  ...line('its entrypoint', entrypoint),
  ...line('its command', command),
  ...line('its health check', healthcheck && { at: healthcheck.at, value: healthcheck.value.test }),
];
