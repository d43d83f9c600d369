import { cpSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Go } from './go.ts';
import { ferretDbDirectory, ferretDbVersion } from './requirements.ts';

const title = 'FerretDB';
const byHand = 'put `ferretdb` (1.24), or `mongod` and `mongosh` (MongoDB 8), on PATH by hand';

/**
 * Builds FerretDB, which speaks MongoDB's protocol, from the Go module proxy: version and checksums of all modules are
 * pinned in `ferretdb/go.sum`. The program alone stays. It takes a minute or two.
 *
 * @throws SetupError where no Go can be had, or the download or the build fails
 */
export const installFerretDb = ({ directory, run }: Go, progress: (line: string) => void): void => {
  progress('set-up: building FerretDB from its sources, once; this takes a minute or two');
  const module = join(directory, 'ferretdb');
  cpSync(join(import.meta.dirname, 'ferretdb'), module, { recursive: true });
  const runHere = (...args: readonly string[]): void => void run(args, { title, byHand, cwd: module });
  runHere('mod', 'vendor');
  // Its releases write this file; without it the program ends at once.
  const version = join(module, 'vendor', 'github.com', 'FerretDB', 'FerretDB', 'build', 'version', 'version.txt');
  writeFileSync(version, `v${ferretDbVersion}\n`);
  const options = ['-mod=vendor', '-trimpath', '-ldflags=-s -w', '-tags=ferretdb_no_postgresql'];
  const built = join(directory, 'bin');
  runHere('build', ...options, '-o', join(built, 'ferretdb'), 'github.com/FerretDB/FerretDB/cmd/ferretdb');
  rmSync(ferretDbDirectory, { recursive: true, force: true });
  renameSync(built, ferretDbDirectory);
};
