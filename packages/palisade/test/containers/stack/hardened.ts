import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { palisade } from '../../command-line.ts';
import { workspace } from '../engine/index.ts';

/** The bundled stack, copied aside, before and after `palisade harden`. */
export interface Copies {
  readonly development: string;
  readonly hardened: string;
  readonly remove: () => void;
}

/** The text without the blocks of some services, the conditions that others have on them, and the addresses by which they are called. */
const withoutServices = (text: string, without: readonly string[]): string =>
  without.reduce(
    (rest, service) =>
      rest
        .replace(new RegExp(`^  ${service}:\\n(?:    .*\\n|\\n(?=    ))*`, 'm'), '')
        .replace(new RegExp(`^      ${service}:\\n(?:        .*\\n)*`, 'gm'), '')
        .replace(new RegExp(`^      \\w+: .*\\b${service}:.*\\n`, 'gm'), ''),
    text,
  );

/**
 * Copies the bundled stack with what its builds refer to, and hardens it beside the copy.
 *
 * @param project the copy's name, and so that of its networks, bridges and containers: copies of several test files can be up at
 * the same time
 * @param without services that are left out, with what others say of them
 */
export const hardenedCopy = async (project: string, without: readonly string[] = []): Promise<Copies> => {
  const root = mkdtempSync(join(tmpdir(), 'palisade-containers-'));
  const development = join(root, 'stack');
  const hardened = join(root, 'stack-hardened');
  cpSync(join(workspace, 'stack'), development, {
    recursive: true,
    filter: (path) => !path.includes('/.palisade') && path !== join(workspace, 'stack', 'hardened'),
  });
  const file = join(development, 'compose.yaml');
  const text = readFileSync(file, 'utf8');
  const named = withoutServices(text, without)
    .replace(/^name: dev-services$/m, `name: ${project}`)
    .replaceAll('container_name: dev-', `container_name: ${project}-`);
  assert.notEqual(named, text);
  writeFileSync(file, named);
  mkdirSync(join(root, 'apps'));
  cpSync(join(workspace, 'apps', 'reference-api'), join(root, 'apps', 'reference-api'), {
    recursive: true,
    filter: (path) => !path.includes('/node_modules'),
  });
  const { code, stderr, stdout } = await palisade(['harden', development, '--out', hardened], { directory: root });
  // 1: some findings stay for a person.
  assert.ok(code === 0 || code === 1, stdout + stderr);
  return { development, hardened, remove: () => rmSync(root, { recursive: true, force: true }) };
};
