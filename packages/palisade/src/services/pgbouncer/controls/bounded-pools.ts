import type { Control } from '../../../contracts/control.ts';
import { clientConnections, databaseConnections, poolSize } from '../configuration.ts';
import '../evidence.ts';
import { askFiles, askPoolers, type Verdict } from '../observe.ts';
import { manual } from '../references.ts';
import type { Location } from '../../../contracts/location.ts';

const limits = {
  max_client_conn: clientConnections,
  default_pool_size: poolSize,
  max_db_connections: databaseConnections,
};

const place = (at: Location | undefined): { readonly at?: Location } => (at === undefined ? {} : { at });

function* judge(
  valueOf: (name: string) => { readonly value: string | undefined; readonly at?: Location },
): Generator<Verdict> {
  let sound = true;
  const mode = valueOf('pool_mode');
  if (mode.value !== 'transaction') {
    sound = false;
    yield {
      outcome: 'fail',
      message: `pool_mode is ${mode.value ?? 'not known'}`,
      key: 'pool_mode',
      ...place(mode.at),
    };
  }
  for (const [name, most] of Object.entries(limits)) {
    const { value, at } = valueOf(name);
    const number = Number(value);
    if (Number.isInteger(number) && number >= 1 && number <= most) continue;
    sound = false;
    yield { outcome: 'fail', message: `${name} is ${value ?? 'not known'}, not 1 to ${most}`, key: name, ...place(at) };
  }
  if (sound) yield { outcome: 'pass', message: 'clients and pools are bounded', ...place(mode.at) };
}

/** Pools are shared by transaction, and bounded. */
export const control: Control<'pgbouncer'> = {
  id: 'pgbouncer/bounded-pools',
  aliases: [],
  title: 'PgBouncer bounds clients and pools',
  severity: 'medium',
  rationale: 'Without bounds one application takes every connection of the server, and all the others wait.',
  fix: `Set pool_mode = transaction, max_client_conn up to ${clientConnections}, default_pool_size up to ${poolSize} and max_db_connections up to ${databaseConnections}.`,
  references: [manual('default_pool_size'), manual('max_client_conn'), manual('max_db_connections')],
  checklist: ['rate-limiting'],
  static: askFiles(function* ({ setting }) {
    yield* judge(setting);
  }),
  live: {
    needs: ['pgbouncer'],
    assess: askPoolers(
      ({ settings }) => settings,
      function* (settings) {
        yield* judge((name) => ({ value: settings[name] }));
      },
    ),
  },
};
