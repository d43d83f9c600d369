import { join } from 'node:path';
import type { ProcessPlan } from '../../contracts/service-kind.ts';
import type { Service } from '../../contracts/stack.ts';
import { splitWords } from '../../model/words.ts';
import { administrator, firstDatabase } from './image.ts';

/** What the first start of a server needs to know. */
export interface FirstStart {
  readonly service: Service;
  /** Directory of `initdb`, `pg_ctl` and `psql`. */
  readonly programs: string;
  readonly data: string;
  readonly sockets: string;
  /** What stands for `/docker-entrypoint-initdb.d`. */
  readonly initialisers: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly hardened: boolean;
}

/**
 * What the official image does at its first start, after initdb: a server on the socket alone, the database, the scripts of
 * `/docker-entrypoint-initdb.d` in the order of their names, a stop. $1 is the directory of scripts, $2 the method of the
 * rule that the image adds, empty for none. It is done again where it was cut off before its end.
 */
const script = `set -eu
umask 077
if [ -n "$2" ] && ! grep -q '^host all all all' "$PGDATA/pg_hba.conf"; then
  printf '\\nhost all all all %s\\n' "$2" >> "$PGDATA/pg_hba.conf"
fi
printf 'local all all trust\\n' > "$PGDATA/palisade-first-start.conf"
pg_ctl --silent --wait --options="-c listen_addresses= -c unix_socket_directories='$PGHOST' -c hba_file='$PGDATA/palisade-first-start.conf'" start >&2
trap 'pg_ctl --silent --mode=fast --wait stop >&2 || :' EXIT
found=$(psql --no-psqlrc --quiet --no-align --tuples-only --dbname=postgres --set=name="$PGDATABASE" <<'SQL'
SELECT count(*) FROM pg_database WHERE datname = :'name';
SQL
)
if [ "$found" = 0 ]; then
  psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --dbname=postgres --set=name="$PGDATABASE" <<'SQL'
CREATE DATABASE :"name";
SQL
fi
if [ -d "$1" ]; then
  for file in "$1"/*; do
    case $file in
      *.sh) printf 'running %s\\n' "$file"; if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql) printf 'running %s\\n' "$file"; psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file="$file" ;;
      *.sql.gz) printf 'running %s\\n' "$file"; gunzip -c "$file" | psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 ;;
    esac
  done
fi
trap - EXIT
pg_ctl --silent --mode=fast --wait stop >&2
rm -f "$PGDATA/palisade-first-start.conf"
: > "$PGDATA/palisade-initialised"
`;

/** The method that the official image writes for the network where no file says otherwise. */
const method = (service: Service): string => {
  const chosen = service.environment.get('POSTGRES_HOST_AUTH_METHOD')?.value;
  return chosen === undefined || chosen === null || chosen === '' ? 'scram-sha-256' : chosen;
};

/** Programs to run before a server's first start; each is skipped where its result is there. */
export const firstStart = (start: FirstStart): ProcessPlan['prepare'] => {
  const { service, programs, data, sockets, initialisers, environment, hardened } = start;
  const admin = administrator(service);
  const password = hardened ? undefined : service.environment.get('POSTGRES_PASSWORD')?.value;
  const hasPassword = password !== undefined && password !== null && password !== '';
  const { POSTGRES_PASSWORD: _password, ...withoutPassword } = environment;
  const local = {
    ...withoutPassword,
    PATH: `${programs}:${environment['PATH'] ?? '/usr/bin:/bin'}`,
    PGHOST: sockets,
    PGPORT: '5432',
    PGUSER: admin,
    PGDATABASE: firstDatabase(service),
    POSTGRES_USER: admin,
    POSTGRES_DB: firstDatabase(service),
  };
  return [
    { program: '/bin/mkdir', args: ['-p', '-m', '0700', sockets], environment: {}, unless: sockets },
    {
      program: '/bin/sh',
      args: [
        // initdb opens its input by name, which works for the pipe of a shell alone.
        '-c',
        hasPassword ? 'cat | "$0" "$@" --pwfile=/dev/stdin' : 'exec "$0" "$@"',
        join(programs, 'initdb'),
        `--pgdata=${data}`,
        `--username=${admin}`,
        '--encoding=UTF8',
        // Here loopback stands for the network between containers, so that it gets the network's method, not trust.
        `--auth-local=${hardened ? 'peer' : 'trust'}`,
        `--auth-host=${hardened ? 'scram-sha-256' : method(service)}`,
        ...splitWords(service.environment.get('POSTGRES_INITDB_ARGS')?.value ?? ''),
      ],
      environment: withoutPassword,
      unless: join(data, 'PG_VERSION'),
      ...(hasPassword ? { input: `${password}\n` } : {}),
    },
    {
      program: '/bin/sh',
      args: ['-c', script, 'first-start', initialisers, hardened ? '' : method(service)],
      environment: local,
      unless: join(data, 'palisade-initialised'),
    },
  ];
};
