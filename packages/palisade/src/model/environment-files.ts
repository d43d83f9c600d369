import { resolve } from 'node:path';
import type { Located } from '../contracts/location.ts';
import { type EnvironmentLine, readEnvironmentFile, readRawEnvironmentFile } from './dotenv.ts';
import type { Loading, Scope } from './loading.ts';
import { asList } from './merge.ts';
import { type Node, child, isNothing, textOf } from './node.ts';
import { truth } from './quantities.ts';
import { readText } from './read-text.ts';
import { shownPath } from './relative.ts';
import type { PlainService } from './service.ts';

/**
 * Adds the variables of a service's `env_file` entries below those of its `environment`. A file that is required and
 * missing is a warning: it is often made on the machine where the stack runs.
 * Source: Compose specification, `env_file`.
 */
export const withEnvironmentFiles = async (
  service: PlainService,
  node: Node | undefined,
  scope: Scope,
  loading: Loading,
): Promise<PlainService> => {
  if (node === undefined || isNothing(node)) return service;
  const environment = new Map<string, Located<string | null>>();
  for (const item of node.type === 'map' ? [node] : asList(node).items) {
    const path = textOf(item) ?? textOf(child(item, 'path'));
    if (path === undefined) continue;
    const absolute = resolve(loading.directory, path);
    const shown = shownPath(loading.directory, absolute);
    const found = await readText(absolute, shown, loading.report);
    if (found === 'missing') {
      if (truth(textOf(child(item, 'required')) ?? 'true') !== false)
        loading.report('warning', 'model/env-file-missing', { file: shown }, item.at);
      continue;
    }
    if (found === undefined) continue;
    loading.environmentFiles.add(absolute);
    const raw = textOf(child(item, 'format')) === 'raw';
    const lines: readonly EnvironmentLine[] = raw
      ? readRawEnvironmentFile(shown, found.text)
      : readEnvironmentFile(shown, found.text, scope.lookup, loading.report);
    for (const { name, value, raw: written, at } of lines)
      environment.set(name, { value: value ?? null, at, raw: written });
  }
  for (const [name, value] of service.environment) environment.set(name, value);
  return { ...service, environment };
};
