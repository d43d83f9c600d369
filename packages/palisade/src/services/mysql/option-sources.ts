import { posix, resolve } from 'node:path';
import type { Location } from '../../contracts/location.ts';
import type { ProjectFile, Service, Stack } from '../../contracts/stack.ts';
import { hostPathOf, mountedFile } from '../../model/queries.ts';
import { shownPath } from '../../model/relative.ts';
import { parseOptionFile, type Option } from './option-file.ts';
import { productOf } from './image.ts';

/** An option with the place where it is written. */
export interface PlacedOption extends Option {
  readonly at: Location;
}

/** What the mounted option files of a server say, in the order in which it reads them. */
export type OptionFiles =
  | {
      readonly state: 'known';
      readonly options: readonly PlacedOption[];
      /** Paths of the container that were read. */
      readonly paths: readonly string[];
      readonly files: readonly ProjectFile[];
    }
  | { readonly state: 'unknown'; readonly why: string; readonly at: Location };

/** Files deep at most: an include that includes itself ends here. */
const deepest = 8;

/** The files that each image reads by itself, and the directories that its main file includes. */
const standard = {
  mysql: { files: ['/etc/my.cnf', '/etc/mysql/my.cnf'], main: '/etc/my.cnf', directories: ['/etc/mysql/conf.d'] },
  mariadb: {
    files: ['/etc/my.cnf', '/etc/mysql/my.cnf'],
    main: '/etc/mysql/my.cnf',
    directories: ['/etc/mysql/conf.d', '/etc/mysql/mariadb.conf.d'],
  },
} as const;

const isOption = (name: string): boolean => /^[^/]+\.(?:cnf|ini)$/.test(name);

/** Container paths of the option files below a directory, in the order of their names. */
const filesIn = (stack: Stack, service: Service, directory: string): readonly string[] => {
  const found = new Set<string>();
  const host = hostPathOf(stack, service, directory);
  if (host !== undefined) {
    const prefix = `${shownPath(stack.directory, resolve(host))}/`;
    for (const path of stack.files.keys())
      if (path.startsWith(prefix) && isOption(path.slice(prefix.length)))
        found.add(`${directory}/${path.slice(prefix.length)}`);
  }
  for (const { target } of [...service.mounts, ...service.configs, ...service.secrets]) {
    const path = posix.normalize(target);
    if (posix.dirname(path) === directory && isOption(posix.basename(path))) found.add(path);
  }
  return [...found].toSorted();
};

/** Reads the option files of one service through its mounts. What stands in the image alone is its default. */
export const optionFilesOf = (
  stack: Stack,
  service: Service,
  given: { readonly only?: string; readonly extra?: string; readonly none: boolean },
): OptionFiles => {
  const options: PlacedOption[] = [];
  const paths: string[] = [];
  const files: ProjectFile[] = [];
  let failed: (OptionFiles & { readonly state: 'unknown' }) | undefined;
  const fail = (why: string, at: Location = service.at): void => {
    failed ??= { state: 'unknown', why, at };
  };
  const read = (path: string, depth = 0): void => {
    const file = mountedFile(stack, service, path);
    if (file?.text === undefined) {
      if (hostPathOf(stack, service, path) !== undefined)
        fail(`the text of what is mounted at ${path} is not available`);
      return;
    }
    const at = (line: number): Location => ({ file: file.path, line, column: 1 });
    const parsed = parseOptionFile(file.text);
    const [broken] = parsed.invalid;
    if (broken !== undefined) fail(`the server refuses line ${broken} of ${file.path}`, at(broken));
    paths.push(path);
    files.push(file);
    // The server takes includes where they stand; in practice they come last, and that is how they are read here.
    options.push(...parsed.options.map((option) => ({ ...option, at: at(option.line) })));
    for (const { directive, path: included, line } of parsed.includes)
      if (depth >= deepest) fail(`${file.path} includes too deeply`, at(line));
      else if (directive === 'include') read(included, depth + 1);
      else for (const each of filesIn(stack, service, included.replace(/\/+$/, ''))) read(each, depth + 1);
  };
  const named = (path: string): void => {
    if (hostPathOf(stack, service, path) === undefined) fail(`${path} is a part of the image`, service.command?.at);
    else read(path);
  };
  const { files: usual, main, directories } = standard[productOf(service)];
  if (given.only !== undefined) named(given.only);
  else if (!given.none) {
    for (const path of usual) {
      read(path);
      if (path === main && !paths.includes(main))
        for (const directory of directories) for (const each of filesIn(stack, service, directory)) read(each);
    }
    if (given.extra !== undefined) named(given.extra);
  }
  return failed ?? { state: 'known', options, paths, files };
};
