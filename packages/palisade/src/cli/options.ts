import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { type Format, type Severity, formats, severities } from '../index.ts';

/** Takes one of the values that an option has. */
export const oneOf =
  <T extends string>(values: readonly T[]) =>
  (text: string): T => {
    const found = values.find((value) => value === text);
    if (found === undefined) throw new InvalidArgumentError(`It is one of ${values.join(', ')}.`);
    return found;
  };

/** Takes a whole number from 1 up to a limit. */
export const countOf =
  (most: number) =>
  (text: string): number => {
    const count = /^\d+$/.test(text) ? Number(text) : 0;
    if (count < 1 || count > most) throw new InvalidArgumentError(`It is a number from 1 to ${most}.`);
    return count;
  };

/** Collects a repeatable option. */
export const collect = (value: string, earlier: readonly string[] | undefined): readonly string[] => [
  ...(earlier ?? []),
  value,
];

/** `--format`. */
export const formatOption = () =>
  new Option('--format <format>', formats.join(', ')).default<Format>('table').argParser<Format>(oneOf(formats));

/** `--file`, as Compose has it. */
export const fileOption = () =>
  new Option('-f, --file <file>', 'Compose file, relative to the directory; repeat for overrides').argParser<
    readonly string[]
  >(collect);

/** `--profile`, as Compose has it. */
export const profileOption = () =>
  new Option('--profile <name>', 'activate a profile; repeat for more').argParser<readonly string[]>(collect);

/** `--threshold`. */
export const thresholdOption = () =>
  new Option(
    '--threshold <severity>',
    'exit 1 for findings at or above it (default: palisade.yaml, else high)',
  ).argParser<Severity>(oneOf(severities));

/** `--output`. */
export const outputOption = () =>
  new Option('-o, --output <file>', 'write the report to a file instead of standard output');

/** `--runtime`. */
export const runtimeOption = () =>
  new Option(
    '--runtime <runtime>',
    'compose: a container engine; process: host processes on loopback (default: as started)',
  ).choices(['compose', 'process'] as const);

/** `--probe-image`. */
export const probeImageOption = () =>
  new Option('--probe-image <image>', "image for connections from inside the networks (default: one of the project's)");
