import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { ExecOutcome } from '../../../src/support/exec.ts';
import type { ClientOptions, Engine } from '../engine/index.ts';

const resolved = z.object({
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() }).loose()),
  services: z.record(
    z.string(),
    z
      .object({
        networks: z.record(z.string(), z.unknown()).optional(),
        expose: z.array(z.string()).optional(),
        user: z.string().optional(),
        depends_on: z.record(z.string(), z.unknown()).optional(),
      })
      .loose(),
  ),
});

/** What Compose v2 itself makes of the files: `docker compose config --format json`. */
export type ResolvedProject = z.infer<typeof resolved>;

/** One Compose project on the engine of the tests, under a name of its own. */
export interface ComposeProject {
  readonly name: string;
  readonly compose: (args: readonly string[], options?: ClientOptions) => Promise<ExecOutcome>;
  readonly config: () => Promise<ResolvedProject>;
  /** Name of the container of a service. */
  readonly container: (service: string) => string;
  /** Adds an override file, which is read last. */
  readonly override: (name: string, text: string) => void;
  /** Creates and starts everything, without waiting for health. */
  readonly up: () => Promise<void>;
  /** Removes containers, networks and volumes. */
  readonly down: () => Promise<void>;
}

/** A project of a directory with compose.yaml, and of the override files that are added to it. */
export const composeProject = (engine: Engine, directory: string, name: string): ComposeProject => {
  const files = [join(directory, 'compose.yaml')];
  const compose: ComposeProject['compose'] = (args, options) =>
    engine.docker(
      [
        'compose',
        '--project-name',
        name,
        '--project-directory',
        directory,
        ...files.flatMap((file) => ['--file', file]),
        ...args,
      ],
      { directory, timeout: 120_000, ...options },
    );
  return {
    name,
    compose,
    config: async () => {
      const { exitCode, stdout, stderr } = await compose(['config', '--format', 'json']);
      if (exitCode !== 0) throw new Error(`docker compose config: ${stderr}`);
      return resolved.parse(JSON.parse(stdout));
    },
    container: (service) => `${name}-${service}-1`,
    override: (file, text) => {
      const path = join(directory, file);
      writeFileSync(path, text);
      files.push(path);
    },
    up: async () => {
      const { exitCode, stderr } = await compose(['up', '--detach', '--no-build']);
      if (exitCode !== 0) throw new Error(`docker compose up: ${stderr}`);
    },
    down: async () => {
      await compose(['down', '--volumes', '--remove-orphans', '--timeout', '1']);
    },
  };
};
