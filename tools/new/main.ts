// `npm run new control <area>/<slug>` or `npm run new kind <id>`: writes the files of a new control or service kind.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { shown, source } from '../gen/discover.ts';
import { scaffold } from './scaffold.ts';

const [subject, name] = process.argv.slice(2);
if ((subject !== 'control' && subject !== 'kind') || name === undefined) {
  process.stderr.write('usage: npm run new control <area>/<slug>\n       npm run new kind <id>\n');
  process.exit(2);
}
try {
  const files = scaffold(subject, name, readdirSync(join(source, 'services')));
  const taken = [...files.keys()].find((path) => existsSync(join(source, path)));
  if (taken !== undefined) throw new Error(`${shown(join(source, taken))} exists already`);
  for (const [path, text] of files) {
    mkdirSync(dirname(join(source, path)), { recursive: true });
    writeFileSync(join(source, path), text, { flag: 'wx' });
    process.stdout.write(`${shown(join(source, path))}\n`);
  }
  process.stderr.write('now: npm run gen, and change what the new files say\n');
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
}
