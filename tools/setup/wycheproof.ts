import { copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Go } from './go.ts';
import { wycheproofVectors } from './requirements.ts';
import { SetupError } from './setup-error.ts';

/** The Go module of the vectors at a commit of 2026-09-02, and its checksum. */
const version = 'github.com/c2sp/wycheproof@v0.0.0-20260902155932-3fa63dd0344a';
const checksum = 'h1:pNbL2nztRsWfW/ispAwsvcDFxs9Id38uIsR2/Up5G2c=';

const title = 'C2SP/wycheproof';
const byHand = 'its tests are skipped';

/**
 * Keeps the test vectors for JWS of C2SP/wycheproof, which are published as a Go module.
 *
 * @throws SetupError where no Go can be had, the download fails, or the module is not the one that was pinned
 */
export const installWycheproof = ({ directory, run }: Go): void => {
  const answer: { readonly Dir?: string; readonly Sum?: string } = JSON.parse(
    run(['mod', 'download', '-json', version], { title, byHand }),
  );
  if (answer.Dir === undefined || answer.Sum !== checksum)
    throw new SetupError(`${title}: the module is not the one that was pinned; ${byHand}`);
  const kept = join(directory, 'wycheproof');
  mkdirSync(kept);
  const name = basename(wycheproofVectors);
  copyFileSync(join(answer.Dir, 'testvectors_v1', name), join(kept, name));
  rmSync(dirname(wycheproofVectors), { recursive: true, force: true });
  renameSync(kept, dirname(wycheproofVectors));
};
