#!/bin/sh
# Writes a configuration from DB_* where none is mounted, then starts the pooler.
set -eu
if [ ! -e /etc/pgbouncer/pgbouncer.ini ]; then
  printf '[databases]\n* = host=%s port=%s\n[pgbouncer]\nlisten_addr = 0.0.0.0\nlisten_port = 5432\nauth_type = %s\nauth_file = /etc/pgbouncer/userlist.txt\n' \
    "${DB_HOST:?}" "${DB_PORT:-5432}" "${AUTH_TYPE:-scram-sha-256}" > /etc/pgbouncer/pgbouncer.ini
  printf '"%s" "%s"\n' "${DB_USER:-postgres}" "${DB_PASSWORD:-}" > /etc/pgbouncer/userlist.txt
fi
exec "$@"
