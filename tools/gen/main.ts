// `npm run gen` writes the catalogue and the generated documents; with `--check` it only says what is stale, and fails.
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { assessmentJsonSchema } from '../../packages/palisade/src/report/schema.ts';
import { root } from '../setup/requirements.ts';
import { renderCatalog } from './catalog.ts';
import { discoverControls, discoverErrors, discoverKinds, shown, source } from './discover.ts';
import { renderControlDocuments, renderErrorDocuments, renderServiceDocuments } from './documents.ts';

const check = process.argv.includes('--check');
const [controls, kinds, errors] = [await discoverControls(), await discoverKinds(), await discoverErrors()];

const catalog = join(source, 'catalog.generated.ts');
const wanted = new Map([[catalog, renderCatalog(controls, kinds)]]);
for (const [path, text] of [
  ...renderControlDocuments(controls),
  ...renderServiceDocuments(kinds, controls),
  ...renderErrorDocuments(errors),
])
  wanted.set(join(root, 'docs', path), `${text.trimEnd()}\n`);

wanted.set(
  join(root, 'packages', 'palisade', 'schema', 'assessment.schema.json'),
  `${JSON.stringify(assessmentJsonSchema(), null, 2)}\n`,
);

const existing = globSync('docs/{controls,services,errors}/*.md', { cwd: root }).map((path) => join(root, path));
const stale = [
  ...[...wanted]
    .filter(([path, text]) => !existsSync(path) || readFileSync(path, 'utf8') !== text)
    .map(([path]) => path),
  ...existing.filter((path) => !wanted.has(path)),
];
if (check) {
  for (const path of stale) process.stderr.write(`stale: ${shown(path)}; run npm run gen\n`);
  process.exit(stale.length === 0 ? 0 : 1);
}
for (const path of stale) {
  const text = wanted.get(path);
  if (text === undefined) rmSync(path);
  else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  process.stderr.write(`${text === undefined ? 'removed' : 'wrote'} ${shown(path)}\n`);
}
