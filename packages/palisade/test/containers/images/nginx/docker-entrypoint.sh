#!/bin/sh
# Runs the scripts of /docker-entrypoint.d before nginx, as the official image does.
set -eu
case ${1:-} in
  nginx | nginx-debug)
    for file in /docker-entrypoint.d/*.sh; do
      if [ -x "$file" ]; then "$file"; fi
    done
    ;;
esac
exec "$@"
