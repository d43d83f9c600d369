import { join } from 'node:path';
import type { ProcessContext } from '../../contracts/service-kind.ts';
import { run } from '../../support/exec.ts';
import { error } from './errors.ts';
import { productOf, type Product } from './image.ts';
import { quoteValue } from './option-file.ts';
import type { PlacedOption } from './option-sources.ts';
import { optionsOf } from './posture.ts';

/** What this machine decides instead of the stack: addresses, paths, and as whom. */
const decidedHere =
  /^(?:port|bind_address|skip_networking|socket|pid_file|datadir|tmpdir|basedir|user|init_file|log_error|plugin_dir|lc_messages_dir|character_sets_dir|daemonize)$/;

/** Milliseconds for a question to the server's program. */
const bound = 20_000;

/** Which server is installed, whatever the image says. */
export const installedProduct = async (server: string): Promise<Product> => {
  const { stdout } = await run(server, ['--version'], { timeout: bound });
  return /mariadb/i.test(stdout) ? 'mariadb' : 'mysql';
};

/** Names of the options that a server's program knows. */
const knownOptions = async (server: string): Promise<ReadonlySet<string>> => {
  const { stdout } = await run(server, ['--no-defaults', '--verbose', '--help'], { timeout: bound });
  const names = [...stdout.matchAll(/^\s*(?:-\w, )?--([a-z][\w-]*)/gm)].map(([, name = '']) =>
    name.replaceAll('-', '_').replace(/^skip_(?!name|grant|networking|show|external)/, ''),
  );
  const listed = [...stdout.matchAll(/^([a-z][\w-]*) {2,}\S/gm)].map(([, name = '']) => name.replaceAll('-', '_'));
  return new Set([...names, ...listed]);
};

/** The directory in which the init script leaves what the administrator logs in with. */
export const credentials = ({ layout, service }: ProcessContext): string =>
  join(layout.stateDirectory, `palisade-${service.name}`);

/** Values that only the other product knows. */
const foreign = (option: PlacedOption, product: Product): boolean =>
  product === 'mariadb' && option.value.startsWith('utf8mb4_0900_');

/**
 * Options of the stack with paths of this machine, as lines of an option file. A MariaDB server that stands in for MySQL,
 * or the other way round, gets those that it knows; a server of the stack's own product gets all, and refuses as it would
 * in its container.
 */
export const optionLines = async (context: ProcessContext, server: string): Promise<readonly string[]> => {
  const { stack, service, layout } = context;
  const read = optionsOf(stack, service);
  if (read.state === 'unknown') throw error('mysql/not-reachable', { service: service.name, reason: read.why });
  const product = await installedProduct(server);
  const known = product === productOf(service) ? undefined : await knownOptions(server);
  const directory = `/dev/shm/palisade-${service.name}/`;
  const here = ({ name, value }: PlacedOption): string => {
    if (value.startsWith(directory)) return join(credentials(context), value.slice(directory.length));
    // MariaDB takes the word for the name of a directory.
    if (name === 'secure_file_priv' && value === 'NULL' && product === 'mariadb')
      return join(credentials(context), 'files');
    return layout.text(value);
  };
  return read.options
    .filter((option) => !decidedHere.test(option.name) && !(known !== undefined && foreign(option, product)))
    .filter(({ name, written }) => known === undefined || known.has(name) || /^loose[-_]/.test(written))
    .map((option) => {
      const name = /^loose[-_]/.test(option.written) ? `loose_${option.name}` : option.name;
      return `${name}=${quoteValue(here(option))}`;
    });
};
