#!/bin/sh
# A command of Vault gets the program in front of it; root gives its rights away before the server starts.
set -eu
case ${1:-} in -*) set -- vault "$@" ;; esac
case ${1:-} in
  server)
    shift
    set -- vault server -config=/vault/config "$@"
    ;;
  version | agent | status | operator) set -- vault "$@" ;;
esac
# A development server listens where the variables of the official image say.
case " $* " in
  *' -dev '* | *' -dev-'*)
    export BAO_DEV_ROOT_TOKEN_ID="${VAULT_DEV_ROOT_TOKEN_ID:-}" BAO_DEV_LISTEN_ADDRESS="${VAULT_DEV_LISTEN_ADDRESS:-0.0.0.0:8200}"
    ;;
esac
if [ "${1:-}" = vault ] && [ "$(id -u)" = 0 ]; then
  [ -n "${SKIP_CHOWN:-}" ] || chown -R vault:vault /vault
  export HOME=/home/vault
  exec setpriv --reuid vault --regid vault --init-groups "$@"
fi
exec "$@"
