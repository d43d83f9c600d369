import { join, relative } from 'node:path';
import type { ProjectFile, Service, Stack } from '../contracts/stack.ts';

/** One instruction of a Dockerfile, continuation lines joined. */
export interface Instruction {
  /** In capital letters: `ENV`. */
  readonly name: string;
  readonly rest: string;
  /** The line on which it begins, from 1. */
  readonly line: number;
}

/** The Dockerfile that a service is built from; undefined for services that are not built, and where it was not read. */
export const dockerfileOf = (stack: Stack, { build }: Service): ProjectFile | undefined => {
  if (build === undefined || /^[a-z]+:\/\/|^git@/.test(build.value.context)) return undefined;
  const absolute = join(build.value.context, build.value.dockerfile);
  return stack.files.get(relative(stack.directory, absolute)) ?? stack.files.get(absolute);
};

/** The instructions of a Dockerfile in order. Source: Dockerfile reference, “Format”. */
export const dockerfileInstructions = (text: string): readonly Instruction[] => {
  const instructions: Instruction[] = [];
  let begun: { line: number; parts: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    begun ??= { line: index + 1, parts: [] };
    const continued = /\\\s*$/.test(line);
    begun.parts.push(continued ? line.replace(/\\\s*$/, '') : line);
    if (continued) continue;
    const [, name, rest = ''] = /^\s*([A-Za-z]+)\s+([\s\S]*)$/.exec(begun.parts.join(' ')) ?? [];
    if (name !== undefined) instructions.push({ name: name.toUpperCase(), rest: rest.trim(), line: begun.line });
    begun = undefined;
  }
  return instructions;
};
