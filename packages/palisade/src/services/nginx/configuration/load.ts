import { posix } from 'node:path';
import type { Location } from '../../../contracts/location.ts';
import type { Service, Stack } from '../../../contracts/stack.ts';
import type { Directive } from '../syntax/directive.ts';
import { parse } from '../syntax/parse.ts';
import { type ContainerFiles, containerFiles, hidingMount } from './container-files.ts';
import { isNeutral } from './image-files.ts';

/** The whole configuration of one server, with what it includes in place; or why that is not known. */
export type Configuration =
  | { readonly state: 'known'; readonly directives: readonly Directive[]; readonly main: string }
  | { readonly state: 'unknown'; readonly why: string; readonly at: Location };

/** Includes inside of each other. */
const deepest = 10;

class Unreadable extends Error {
  readonly at: Location;
  constructor(why: string, at: Location) {
    super(why);
    this.at = at;
  }
}

const unknown = (why: string, at: Location): never => {
  throw new Unreadable(why, at);
};

/** The words of the command that say how nginx starts; undefined for a start that is not known. */
const startOf = ({ command, entrypoint }: Service): { readonly main: string; readonly globals: string } | undefined => {
  const words = [...(entrypoint?.value ?? []), ...(command?.value ?? [])];
  const rest = words.filter(
    (word) => !/(?:^|\/)(?:docker-entrypoint\.sh|tini|docker-init)$/.test(word) && word !== '--',
  );
  if (rest.length > 0 && !/(?:^|\/)nginx(?:-debug)?$/.test(rest[0] ?? '')) return undefined;
  let main = '/etc/nginx/nginx.conf';
  let globals = '';
  for (let index = 1; index < rest.length; index += 2) {
    const value = rest[index + 1];
    if (value === undefined) return undefined;
    if (rest[index] === '-c') main = posix.resolve('/etc/nginx', value);
    else if (rest[index] === '-g') globals += `${value}\n`;
    else if (rest[index] !== '-e') return undefined;
  }
  return { main, globals };
};

const pattern = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[.+^${}()|\\]/g, String.raw`\$&`)
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]')}$`,
  );

/** Replaces every `include` by what it includes. Relative paths start at the directory of the main file. */
const expand = (
  directives: readonly Directive[],
  context: { readonly files: ContainerFiles; readonly service: Service; readonly prefix: string },
  depth: number,
): readonly Directive[] =>
  directives.flatMap((each): readonly Directive[] => {
    const at = { file: each.file, line: each.line, column: each.column };
    if (each.name !== 'include' || each.block !== undefined)
      return [each.block === undefined ? each : { ...each, block: expand(each.block, context, depth) }];
    const path = posix.resolve(context.prefix, each.args[0] ?? '');
    if (isNeutral(path) && !context.files.has(path)) return [{ ...each, args: [path], written: ['include', path] }];
    if (depth >= deepest) return unknown(`${path} is included too deeply`, at);
    const isGlob = /[*?[]/.test(path);
    const paths = isGlob ? [...context.files.keys()].filter((name) => pattern(path).test(name)).toSorted() : [path];
    if (isGlob && paths.length === 0 && hidingMount(context.service, context.files, posix.dirname(path)) !== undefined)
      return unknown(`what ${path} includes is not known`, at);
    if (isGlob && context.service.build !== undefined && !paths.some((name) => context.files.get(name)?.isOfProject))
      return unknown(`what ${path} includes is part of an image that is built here`, at);
    return paths.flatMap((name) => expand(read(name, context, at), context, depth + 1));
  });

const read = (path: string, { files }: { readonly files: ContainerFiles }, from: Location): readonly Directive[] => {
  const file = files.get(path);
  if (file === undefined) return unknown(`${path} is no file of the project, so its text is not known`, from);
  if (file.text === undefined) return unknown(`the text of ${file.shown} is not available`, file.at);
  const parsed = parse(file.text, file.shown);
  if (parsed.fault !== undefined) {
    const { line, column, why } = parsed.fault;
    const at = file.isOfProject ? { file: file.shown, line, column } : file.at;
    return unknown(`${file.shown}, line ${line}: ${why}`, at);
  }
  const moved = (each: Directive): Directive => ({
    ...each,
    ...file.at,
    ...(each.block === undefined ? {} : { block: each.block.map(moved) }),
  });
  return file.isOfProject ? parsed.directives : parsed.directives.map(moved);
};

/**
 * The configuration that a service starts with: the main file, what it includes, and what the command adds. Of whatever
 * cannot be read or parsed nothing is assumed: the whole is unknown then.
 */
export const loadConfiguration = (stack: Stack, service: Service): Configuration => {
  const anchor = service.command?.at ?? service.image?.at ?? service.at;
  const start = startOf(service);
  if (start === undefined)
    return { state: 'unknown', why: 'the service starts a program of its own', at: service.entrypoint?.at ?? anchor };
  try {
    const files = containerFiles(stack, service);
    const context = { files, service, prefix: posix.dirname(start.main) };
    const directives = expand(read(start.main, context, anchor), context, 0);
    const globals = parse(start.globals === '' ? '' : start.globals.trim().replace(/;?$/, ';'), anchor.file);
    if (globals.fault !== undefined) return { state: 'unknown', why: `-g: ${globals.fault.why}`, at: anchor };
    return {
      state: 'known',
      main: start.main,
      directives: [...directives, ...globals.directives.map((each) => ({ ...each, ...anchor }))],
    };
  } catch (thrown) {
    if (thrown instanceof Unreadable) return { state: 'unknown', why: thrown.message, at: thrown.at };
    throw thrown;
  }
};
