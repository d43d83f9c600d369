#!/bin/sh
# The conventions of the official image that a hardened stack relies on: POSTGRES_* and POSTGRES_PASSWORD_FILE, no cluster
# without a password unless `trust` is asked for, the scripts of /docker-entrypoint-initdb.d once, and no root.
set -eu
case ${1:-} in -*) set -- postgres "$@" ;; esac
[ "${1:-}" = postgres ] || exec "$@"
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA"
  chown -R postgres:postgres "$PGDATA" /var/run/postgresql
  export HOME=/var/lib/postgresql
  exec setpriv --reuid postgres --regid postgres --init-groups "$0" "$@"
fi

password=${POSTGRES_PASSWORD:-}
if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
  [ -z "$password" ] || { echo 'POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are both set' >&2; exit 1; }
  password=$(cat "$POSTGRES_PASSWORD_FILE")
fi
unset POSTGRES_PASSWORD
user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}
method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  if [ -z "$password" ] && [ "$method" != trust ]; then
    echo 'Error: the database has no password: set POSTGRES_PASSWORD_FILE or POSTGRES_PASSWORD' >&2
    exit 1
  fi
  mkdir -p "$PGDATA"
  chmod 0700 "$PGDATA"
  printf '%s\n' "$password" | initdb --username="$user" --pwfile=/dev/stdin ${POSTGRES_INITDB_ARGS:-} > /dev/null
  printf 'host all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"
  # As the official one: on the socket alone, and with the arguments of the later server.
  PGUSER=$user pg_ctl --pgdata="$PGDATA" --options="$(shift; printf ' %s' "$@") -c listen_addresses= -p 5432" --wait start
  query() { psql --no-psqlrc --set=ON_ERROR_STOP=1 --username="$user" --no-password "$@"; }
  [ "$database" = postgres ] || printf 'CREATE DATABASE :"name";\n' | query --dbname=postgres --set=name="$database"
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql) query --dbname="$database" --file="$file" ;;
      *.sql.gz) gunzip -c "$file" | query --dbname="$database" ;;
    esac
  done
  pg_ctl --pgdata="$PGDATA" --mode=fast --wait stop
  echo 'PostgreSQL init process complete; ready for start up.'
fi
unset password PGPASSWORD
exec "$@"
