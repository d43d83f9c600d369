import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mapConcurrently } from '../../../src/support/concurrency.ts';
import { type Engine, cacheDirectory } from '../engine/index.ts';
import { exclusively } from '../engine/lock.ts';
import { ensureBase, label, labelOf } from './base.ts';
import { digestOf } from './digest.ts';
import { type ContextFiles, type ImageSpecification, specifications } from './specifications.ts';

/** What there is after {@link ensureImages}. */
export interface Images {
  /** Kinds that were built now; the others were there. */
  readonly built: readonly string[];
  /** Kinds whose binary is not among the tools of this machine. */
  readonly missing: readonly string[];
}

/** Environment variables through which a build reaches the mirror; Docker knows them as build arguments. */
const proxies = ['http_proxy', 'https_proxy', 'no_proxy'].filter((name) => process.env[name] !== undefined);

const build = async (
  engine: Engine,
  { kind, tags }: ImageSpecification,
  files: ContextFiles,
  digest: string,
): Promise<void> => {
  const context = mkdtempSync(join(cacheDirectory, `context.${kind}.`));
  try {
    for (const [name, path] of Object.entries(files)) {
      const target = join(context, name);
      mkdirSync(dirname(target), { recursive: true });
      cpSync(path, target, { recursive: true, verbatimSymlinks: true });
    }
    await engine.ask(
      [
        'build',
        '--quiet',
        // In the network of the host, because the engine of the tests has no default bridge.
        '--network=host',
        '--force-rm',
        ...proxies.flatMap((name) => ['--build-arg', name]),
        ...tags.flatMap((tag) => ['--tag', tag]),
        '--label',
        `${label}=${digest}`,
        context,
      ],
      {
        timeout: 240_000,
        environment: {
          DOCKER_BUILDKIT: '0',
          ...Object.fromEntries(proxies.map((name) => [name, process.env[name] ?? ''])),
        },
      },
    );
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
};

/**
 * Makes the stand-in images that the engine lacks, two at a time, and tags them with the names that stacks use. One that was
 * made of the same inputs is used again. One process at a time; bounded by five minutes.
 *
 * @param kinds those that are needed; all of them where absent
 */
export const ensureImages = (engine: Engine, kinds?: readonly string[]): Promise<Images> => {
  mkdirSync(cacheDirectory, { recursive: true });
  return exclusively(join(cacheDirectory, 'images.lock'), 300_000, async () => {
    const wanted = specifications.filter(({ kind }) => kinds === undefined || kinds.includes(kind));
    const base = await ensureBase(engine);
    const built: string[] = [];
    const missing: string[] = [];
    await mapConcurrently(wanted, 2, async (specification) => {
      const extra = specification.files?.() ?? {};
      if (specification.files !== undefined && Object.keys(extra).length === 0) {
        missing.push(specification.kind);
        return;
      }
      const files = { '.': join(import.meta.dirname, specification.kind), ...extra };
      const digest = digestOf(files, [base, ...specification.tags]);
      const labels = await Promise.all(specification.tags.map((tag) => labelOf(engine, tag)));
      if (labels.every((found) => found === digest)) return;
      await build(engine, specification, files, digest);
      built.push(specification.kind);
    });
    // What the images were before would only fill the disk.
    if (built.length > 0) await engine.docker(['image', 'prune', '--force']);
    return { built, missing };
  });
};
