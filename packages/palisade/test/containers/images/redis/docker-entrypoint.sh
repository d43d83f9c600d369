#!/bin/sh
# A first argument that is an option or a file belongs to redis-server; root gives its rights away before the server starts.
set -eu
case ${1:-} in -* | *.conf) set -- redis-server "$@" ;; esac
if [ "${1:-}" = redis-server ] && [ "$(id -u)" = 0 ]; then
  chown -R redis:redis /data
  export HOME=/data
  exec setpriv --reuid redis --regid redis --init-groups "$0" "$@"
fi
exec "$@"
