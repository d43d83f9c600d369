#!/bin/sh
# The server itself reads RABBITMQ_DEFAULT_USER and its like; their _FILE variants are refused since 3.9, as the official image
# does. Root gives its rights away before the server starts.
set -eu
if [ "${1:-}" = rabbitmq-server ]; then
  for name in USER PASS VHOST; do
    eval "file=\${RABBITMQ_DEFAULT_${name}_FILE:-}"
    [ -z "$file" ] || { echo "error: RABBITMQ_DEFAULT_${name}_FILE is set but deprecated" >&2; exit 1; }
  done
  if [ "$(id -u)" = 0 ]; then
    chown -R rabbitmq:rabbitmq /var/lib/rabbitmq /var/log/rabbitmq
    export HOME=/var/lib/rabbitmq
  exec setpriv --reuid rabbitmq --regid rabbitmq --init-groups "$0" "$@"
  fi
fi
exec "$@"
