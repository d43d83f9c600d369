import { isAbsolute, relative } from 'node:path';
import type { ProjectFile, Service, Stack } from '../contracts/stack.ts';

const isWithin = (directory: string, path: string): boolean => path === directory || path.startsWith(`${directory}/`);

/** The key of a host path in `Stack.files`: relative within the project, absolute outside. */
const keyOf = (stack: Stack, path: string): string => {
  const inside = relative(stack.directory, path);
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside;
};

/** Files of the host that a service sees: through bind mounts, secrets and configs. */
export const filesOf = (stack: Stack, { mounts, secrets, configs }: Service): readonly ProjectFile[] => {
  const sources = [
    ...mounts.flatMap(({ type, source }) => (type === 'bind' && source !== undefined ? [source] : [])),
    ...secrets.flatMap(({ source }) => stack.secrets.get(source)?.file ?? []),
    ...configs.flatMap(({ source }) => stack.configs.get(source)?.file ?? []),
  ].map((path) => keyOf(stack, path));
  return [...stack.files.values()].filter(({ path }) => sources.some((source) => isWithin(source, path)));
};

/** True for a file that belongs to the project, so that Palisade may change it. */
export const isOwn = ({ path }: ProjectFile): boolean => !isAbsolute(path) && !path.startsWith('..');

/** One line of a configuration file. */
export interface ConfigurationLine {
  readonly file: string;
  readonly line: number;
  /** Without comment and white space around it. */
  readonly text: string;
}

/** The lines of the configuration files that a service mounts; comments and blank lines left out. */
export const configurationLines = (stack: Stack, service: Service): readonly ConfigurationLine[] =>
  filesOf(stack, service).flatMap(({ path, text }) =>
    (text ?? '').split('\n').flatMap((line, index) => {
      const content = line.replace(/(?:^|\s)[#;].*$/, '').trim();
      return content === '' ? [] : [{ file: path, line: index + 1, text: content }];
    }),
  );
