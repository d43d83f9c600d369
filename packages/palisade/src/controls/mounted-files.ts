import { isAbsolute, relative } from 'node:path';
import type { Location } from '../contracts/location.ts';
import type { ProjectFile, Service, Stack } from '../contracts/stack.ts';

const isWithin = (directory: string, path: string): boolean => path === directory || path.startsWith(`${directory}/`);

/** The key of a host path in `Stack.files`: relative within the project, absolute outside. */
const keyOf = (stack: Stack, path: string): string => {
  const inside = relative(stack.directory, path);
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside;
};

/** A file of the host that a service sees, and the mount, secret or config that gives it. */
export interface SeenFile {
  readonly file: ProjectFile;
  readonly at: Location;
}

/** Files of the host that a service sees: through bind mounts, secrets and configs; each once. */
export const seenFiles = (stack: Stack, { mounts, secrets, configs }: Service): readonly SeenFile[] => {
  const sources = [
    ...mounts.map(({ type, source, at }) => ({ path: type === 'bind' ? source : undefined, at })),
    ...secrets.map(({ source, at }) => ({ path: stack.secrets.get(source)?.file, at })),
    ...configs.map(({ source, at }) => ({ path: stack.configs.get(source)?.file, at })),
  ].flatMap(({ path, at }) => (path === undefined ? [] : [{ path: keyOf(stack, path), at }]));
  return [...stack.files.values()].flatMap((file) => {
    const source = sources.find(({ path }) => isWithin(path, file.path));
    return source === undefined ? [] : [{ file, at: source.at }];
  });
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

/** Files of programs and pages, which servers mount to serve or to run them. */
const notConfiguration =
  /\.(?:[cm]?[jt]sx?|map|php|phtml|py|rb|go|rs|java|vue|svelte|s?css|less|html?|twig|svg|md|txt|po|lock|csv|sql)$/i;

/** No line of a configuration is longer; what is, is data. */
const longestLine = 4096;

/** The lines of the configuration files that a service mounts; comments and blank lines left out. */
export const configurationLines = (stack: Stack, service: Service): readonly ConfigurationLine[] =>
  seenFiles(stack, service).flatMap(({ file: { path, text = '' } }) =>
    (notConfiguration.test(path) ? [] : text.split('\n')).flatMap((line, index) => {
      if (line.length > longestLine) return [];
      const content = line.replace(/(?:^|\s)[#;].*$/, '').trim();
      return content === '' ? [] : [{ file: path, line: index + 1, text: content }];
    }),
  );
