import { join } from 'node:path';
import { fastApiPackages } from './fastapi.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** The servers that are compared. */
export type ServerName = 'bare' | 'guarded' | 'fastapi' | 'bare, TLS' | 'guarded, TLS';

/** Servers that run, by name, and a line about each that does not. */
export interface Servers {
  readonly running: ReadonlyMap<ServerName, ServerProcess>;
  readonly absent: readonly string[];
  readonly stop: () => Promise<void>;
}

const program = (name: string): string => join(import.meta.dirname, 'servers', name);

/** Starts all of them; `settings` is the file that they read. `nodeOptions` are for the guarded one: a profiler's. */
export const startServers = async (settings: string, nodeOptions: readonly string[]): Promise<Servers> => {
  const running = new Map<ServerName, ServerProcess>();
  const stop = async (): Promise<void> => {
    await Promise.all([...running.values()].map((server) => server.stop()));
  };
  const node = (file: string, more: readonly string[] = []): readonly string[] => [
    process.execPath,
    '--conditions=palisade-source',
    ...more,
    program(file),
    settings,
  ];
  try {
    for (const transport of ['plain', 'tls'] as const) {
      const [tls, end] = transport === 'tls' ? ([true, ', TLS'] as const) : ([false, ''] as const);
      running.set(`bare${end}`, await startServer({ command: node('bare.ts'), after: [transport], tls }));
      const options = tls ? [] : nodeOptions;
      running.set(
        `guarded${end}`,
        await startServer({ command: node('guarded.ts', options), after: [transport], tls }),
      );
    }
    const packages = fastApiPackages();
    if (typeof packages === 'string') return { running, absent: [packages], stop };
    const command = ['python3', program('fastapi_server.py'), settings];
    const environment = { PYTHONPATH: packages.directory, PYTHONDONTWRITEBYTECODE: '1' };
    running.set('fastapi', await startServer({ command, after: [], environment, tls: false }));
    return { running, absent: [], stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
