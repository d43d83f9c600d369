import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { debianArchive } from '../../../../../tools/setup/debian.ts';
import { run } from '../../../src/support/exec.ts';
import { type Engine, cacheDirectory } from '../engine/index.ts';
import { digestOf } from './digest.ts';

const suite = 'trixie';
const packages = ['ca-certificates', 'curl', 'openssl', 'busybox-static', 'procps'];
const customize = join(import.meta.dirname, 'base', 'customize.sh');

/** Name of the image that all stand-ins are made from. */
const baseImage = 'palisade-stand-in/base';

/** The label that holds the digest of an image's inputs. */
export const label = 'palisade.inputs';

/** The digest that an image of that name was made from; undefined where there is none. */
export const labelOf = async (engine: Engine, name: string): Promise<string | undefined> => {
  const { exitCode, stdout } = await engine.docker([
    'image',
    'inspect',
    '--format',
    `{{index .Config.Labels "${label}"}}`,
    name,
  ]);
  return exitCode === 0 ? stdout.trim() : undefined;
};

/**
 * Makes the base image with mmdebstrap where the engine lacks it; about 20 s.
 *
 * @returns the digest of its inputs
 */
export const ensureBase = async (engine: Engine): Promise<string> => {
  const [debian, security] = [debianArchive('Debian'), debianArchive('Debian-Security')];
  if (debian === undefined || security === undefined)
    throw new Error(
      'APT knows no archive of Debian, or none of its security updates, on this machine; run apt-get update',
    );
  const sources = [
    `deb ${debian} ${suite} main`,
    `deb ${security} ${suite}-security main`,
    `deb ${debian} ${suite}-updates main`,
  ];
  const digest = digestOf({ customize }, [...sources, ...packages]);
  if ((await labelOf(engine, baseImage)) === digest) return digest;
  mkdirSync(cacheDirectory, { recursive: true });
  const partial = join(cacheDirectory, `base.${process.pid}.partial.tar`);
  const archive = join(cacheDirectory, 'base.tar');
  try {
    // Into a file, not a pipe: a bootstrap that fails half way would otherwise leave half an image.
    const made = await run(
      'mmdebstrap',
      [
        '--quiet',
        '--variant=apt',
        `--include=${packages.join(',')}`,
        `--customize-hook=${customize}`,
        suite,
        partial,
        ...sources,
      ],
      { timeout: 240_000 },
    );
    if (made.exitCode !== 0) throw new Error(`mmdebstrap ended with ${made.exitCode}: ${made.stderr.slice(-2000)}`);
    renameSync(partial, archive);
    await engine.ask(
      ['import', '--change', `LABEL ${label}=${digest}`, '--change', 'CMD ["/bin/sh"]', archive, baseImage],
      {
        timeout: 120_000,
      },
    );
  } finally {
    rmSync(partial, { force: true });
    rmSync(archive, { force: true });
  }
  return digest;
};
