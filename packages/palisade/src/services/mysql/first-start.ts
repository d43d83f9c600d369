import { join } from 'node:path';
import type { ProcessPlan } from '../../contracts/service-kind.ts';
import type { Service } from '../../contracts/stack.ts';
import { administrator, firstDatabase, firstUser, rootHost, writtenRootPassword } from './consumers.ts';
import { identifier } from './sql.ts';

/** What the first start of a server needs to know. */
export interface FirstStart {
  readonly service: Service;
  readonly server: string;
  readonly client: string;
  /** MariaDB's `mariadb-install-db`; undefined for MySQL, whose server does it itself. */
  readonly install: string | undefined;
  /** The option file of this host. */
  readonly configuration: string;
  readonly data: string;
  readonly socket: string;
  /** What stands for `/docker-entrypoint-initdb.d`. */
  readonly initialisers: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly hardened: boolean;
}

/** What is said of a data directory whose first start came to its end. Hidden, for MySQL wants an empty directory. */
const done = '.palisade-initialised';
const begun = '.palisade-first-start';

/**
 * What the official images do at their first start: system tables, a server on the socket alone, database and user, the
 * scripts of `/docker-entrypoint-initdb.d` in the order of their names, the password of root, a stop. SQL comes in through
 * standard input, root's behind a line of its own. It is done again from the beginning where it was cut off before its
 * end; data that somebody else has made is left as it is.
 */
const script = `set -eu
umask 077
server=$1 client=$2 install=$3 configuration=$4 data=$5 socket=$6 initialisers=$7 database=$8
statements=$(cat)
mkdir -p -m 0700 -- "$data"
if [ -d "$data/mysql" ] && [ ! -e "$data/${begun}" ]; then
  : > "$data/${done}"
  exit 0
fi
: > "$data/${begun}"
find "$data" -mindepth 1 -maxdepth 1 ! -name ${begun} -exec rm -rf -- {} +
if [ -n "$install" ]; then
  "$install" --no-defaults --datadir="$data" --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve > "$data/${begun}" 2>&1 || { cat "$data/${begun}"; exit 1; }
else
  "$server" --no-defaults --initialize-insecure --datadir="$data"
fi
"$server" --defaults-file="$configuration" --skip-networking --secure-file-priv= &
process=$!
trap 'kill "$process" 2>/dev/null || :' EXIT
ask() { "$client" --no-defaults --socket="$socket" --user=root --default-character-set=utf8mb4 "$@"; }
waited=0
until printf 'SELECT 1;' | ask >/dev/null 2>&1; do
  kill -0 "$process" 2>/dev/null || { printf 'the server ended before it was ready\\n'; exit 1; }
  waited=$((waited + 1))
  [ "$waited" -lt 300 ] || { printf 'the server does not become ready\\n'; exit 1; }
  sleep 0.2
done
printf '%s' "\${statements%%-- root*}" | ask
if [ -d "$initialisers" ]; then
  for file in "$initialisers"/*; do
    case $file in
      *.sh) printf 'running %s\\n' "$file"; if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql) printf 'running %s\\n' "$file"; ask $database < "$file" ;;
      *.sql.gz) printf 'running %s\\n' "$file"; gunzip -c "$file" | ask $database ;;
    esac
  done
fi
printf '%s' "\${statements#*-- root}" | ask
trap - EXIT
kill "$process"
wait "$process" || :
: > "$data/${done}"
rm -f -- "$data/${begun}"
`;

/** A password of the files as a literal; the SQL mode makes a backslash a backslash. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const statementsOf = (service: Service, hardened: boolean, tables: boolean): string => {
  const database = firstDatabase(service);
  const user = hardened ? undefined : firstUser(service);
  const password = hardened ? undefined : writtenRootPassword(service);
  const remote = hardened ? undefined : rootHost(service);
  const mode = "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES';\nSET SESSION sql_log_bin = 0;\n";
  return [
    mode,
    database === undefined ? '' : `CREATE DATABASE IF NOT EXISTS ${identifier(database)};\n`,
    user === undefined ? '' : `CREATE USER ${quoted(user.user)}@'%' IDENTIFIED BY ${quoted(user.password)};\n`,
    user === undefined || database === undefined
      ? ''
      : `GRANT ALL ON ${identifier(database.replaceAll('_', '\\_'))}.* TO ${quoted(user.user)}@'%';\n`,
    '-- root\n',
    mode,
    // MariaDB makes roots for the name and the addresses of the machine as well; the images take them away again.
    ...(tables
      ? [
          `DELETE FROM mysql.global_priv WHERE User = '${administrator.user}' AND Host <> '${administrator.host}';\n`,
          `DELETE FROM mysql.proxies_priv WHERE Host <> '${administrator.host}';\n`,
          'FLUSH PRIVILEGES;\n',
        ]
      : []),
    ...(password === undefined || remote === undefined
      ? []
      : [
          `CREATE USER '${administrator.user}'@${quoted(remote)} IDENTIFIED BY ${quoted(password)};\n`,
          `GRANT ALL ON *.* TO '${administrator.user}'@${quoted(remote)} WITH GRANT OPTION;\n`,
        ]),
    // The last one: the next connection needs it.
    password === undefined
      ? ''
      : `ALTER USER '${administrator.user}'@'${administrator.host}' IDENTIFIED BY ${quoted(password)};\n`,
  ].join('');
};

/** Programs to run before a server's first start; skipped where its end is noted. */
export const firstStart = (start: FirstStart): ProcessPlan['prepare'] => {
  const { service, server, client, install, configuration, data, socket, initialisers, environment } = start;
  const database = firstDatabase(service) ?? '';
  return [
    {
      program: '/bin/sh',
      args: [
        '-c',
        script,
        'first-start',
        server,
        client,
        install ?? '',
        configuration,
        data,
        socket,
        initialisers,
        database,
      ],
      environment: { ...environment, MYSQL_UNIX_PORT: socket },
      unless: join(data, done),
      input: statementsOf(service, start.hardened, install !== undefined),
    },
  ];
};
