#!/bin/bash
# The conventions of the official image that a stack relies on: MYSQL_* with their _FILE variants, no data directory without
# a password of root, the scripts of /docker-entrypoint-initdb.d once, and no root.
set -euo pipefail
case ${1:-} in -*) set -- mysqld "$@" ;; esac
[ "${1:-}" = mysqld ] || exec "$@"
if [ "$(id -u)" = 0 ]; then
  chown -R mysql:mysql /var/lib/mysql /var/run/mysqld
  export HOME=/var/lib/mysql
  exec setpriv --reuid mysql --regid mysql --init-groups "$0" "$@"
fi

value() { # $1 name of a variable that may come as a file; its value into $value
  local file=${1}_FILE
  value=${!1:-}
  if [ -n "${!file:-}" ]; then
    [ -z "$value" ] || { echo "$1 and $file are both set" >&2; exit 1; }
    value=$(cat "${!file}")
  fi
  unset "$1"
}
quoted() { printf "'%s'" "$(printf %s "$1" | sed -e 's/\\/\\\\/g' -e "s/'/''/g")"; }

value MYSQL_ROOT_PASSWORD; root=$value
value MYSQL_PASSWORD; password=$value
if [ ! -d /var/lib/mysql/mysql ]; then
  if [ -z "$root" ] && [ -z "${MYSQL_ALLOW_EMPTY_PASSWORD:-}" ]; then
    echo 'Error: the database has no password: set MYSQL_ROOT_PASSWORD_FILE or MYSQL_ROOT_PASSWORD' >&2
    exit 1
  fi
  MYSQLD_STAND_IN=mariadb-install-db mysqld --datadir=/var/lib/mysql --auth-root-authentication-method=normal --skip-test-db > /dev/null
  "$@" --skip-networking --socket=/var/run/mysqld/init.sock &
  server=$!
  client() { mariadb --socket=/var/run/mysqld/init.sock --user=root "$@"; }
  for _ in $(seq 300); do client --execute='SELECT 1' > /dev/null 2>&1 && break; sleep 0.1; done
  {
    [ -z "${MYSQL_DATABASE:-}" ] || printf 'CREATE DATABASE IF NOT EXISTS `%s`;\n' "$MYSQL_DATABASE"
    if [ -n "${MYSQL_USER:-}" ] && [ -n "$password" ]; then
      printf "CREATE USER %s@'%%' IDENTIFIED BY %s;\n" "$(quoted "$MYSQL_USER")" "$(quoted "$password")"
      [ -z "${MYSQL_DATABASE:-}" ] || printf "GRANT ALL ON \`%s\`.* TO %s@'%%';\n" "$MYSQL_DATABASE" "$(quoted "$MYSQL_USER")"
    fi
  } | client
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql) client "${MYSQL_DATABASE:-mysql}" < "$file" ;;
      *.sql.gz) gunzip -c "$file" | client "${MYSQL_DATABASE:-mysql}" ;;
    esac
  done
  {
    printf "CREATE USER IF NOT EXISTS root@'%s' IDENTIFIED BY %s; GRANT ALL ON *.* TO root@'%s' WITH GRANT OPTION;\n" \
      "${MYSQL_ROOT_HOST:-%}" "$(quoted "$root")" "${MYSQL_ROOT_HOST:-%}"
    printf "ALTER USER root@localhost IDENTIFIED BY %s;\n" "$(quoted "$root")"
  } | client
  kill -TERM "$server"
  wait "$server"
fi
unset root password value
exec "$@"
