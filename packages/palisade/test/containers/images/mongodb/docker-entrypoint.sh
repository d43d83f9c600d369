#!/bin/sh
# The conventions of the official image that a stack relies on: no root, and MONGO_INITDB_ROOT_* with their _FILE variants.
set -eu
case ${1:-} in -*) set -- mongod "$@" ;; esac
[ "${1:-}" = mongod ] || exec "$@"
if [ "$(id -u)" = 0 ]; then
  chown -R mongodb:mongodb /data/db /data/configdb
  exec setpriv --reuid mongodb --regid mongodb --init-groups "$0" "$@"
fi
for name in USERNAME PASSWORD; do
  eval "file=\${MONGO_INITDB_ROOT_${name}_FILE:-}"
  [ -z "$file" ] || { eval "MONGO_INITDB_ROOT_${name}=\$(cat \"\$file\")"; export "MONGO_INITDB_ROOT_${name}"; }
done
exec "$@"
