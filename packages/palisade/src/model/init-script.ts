/** How a service's program gets one field of its secret. */
export type Delivery =
  /** A file of mode 0400 in a tmpfs; the variable holds its path, as images with `…_FILE` variables want it. */
  | { readonly as: 'file'; readonly variable: string }
  /** The value itself in the environment of the program, where the image knows nothing better. */
  | { readonly as: 'environment'; readonly variable: string };

/** What an init script fetches for whom. */
export interface InitScript {
  /** Name of the service; names the runtime directory and every message. */
  readonly service: string;
  /** Path of the secret below the KV v2 mount `secret`: `postgres`, `postgres/reference-api`. */
  readonly secretPath: string;
  /** Fields by name. Each has to be there and not empty. */
  readonly fields: { readonly [field: string]: Delivery };
  /**
   * A path of the container, shell variables allowed. Where it holds a file that is not empty, nothing is delivered: a
   * database that exists needs no first password. The login and the secret are checked all the same.
   */
  readonly deliverUnless?: string;
  /**
   * POSIX sh of the kind's own, run after the delivery: `$field_<name>` holds a field, `$directory` the tmpfs of the files,
   * `die` ends the start. It may hand no field to a program but through standard input.
   */
  readonly prepare?: string;
  /** Program that the arguments are handed to, unless PALISADE_ENTRYPOINT names another. */
  readonly entrypoint?: string;
}

const name = /^[a-z0-9][a-z0-9_.-]*$/i;

/** Refuses what would be shell text where a name belongs; service names of Compose never are. */
const checked = (text: string, pattern: RegExp = name): string => {
  if (!pattern.test(text)) throw new TypeError(`${JSON.stringify(text)} cannot stand in an init script`);
  return text;
};

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

const deliver = (field: string, delivery: Delivery): string => {
  const variable = checked(delivery.variable, variableName);
  if (delivery.as === 'environment') return `  ${variable}=$field_${field}; export ${variable}`;
  return `  (set -C; printf %s "$field_${field}" > "$directory/${field}") || die "cannot write below $directory"
  chmod 0400 "$directory/${field}"
  ${variable}=$directory/${field}; export ${variable}`;
};

/**
 * The init script of a hardened service: POSIX sh that logs in to Vault with AppRole, fetches one secret, hands it over,
 * revokes its token and becomes the image's own entry point. It needs curl or openssl (with timeout). Whatever is
 * missing, refused, empty or not understood ends it with one line and exit code 1, and the service does not start.
 *
 * Environment: VAULT_ADDR (https only), VAULT_CACERT, VAULT_ROLE_ID_FILE, VAULT_SECRET_ID_FILE; optional
 * PALISADE_VAULT_DEADLINE (seconds, 60), PALISADE_RUNTIME_DIRECTORY (/dev/shm), PALISADE_ENTRYPOINT.
 *
 * No secret is ever an argument of a program: printf is part of the shell, and curl and openssl read standard input.
 */
export const renderInitScript = (script: InitScript): string => {
  const service = checked(script.service);
  const secretPath = checked(script.secretPath, /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/);
  const fields = Object.entries(script.fields).map(
    ([field, delivery]) => [checked(field, /^[a-z][a-z0-9_]*$/), delivery] as const,
  );
  const unless = script.deliverUnless === undefined ? undefined : checked(script.deliverUnless, /^[\w${}:/.-]+$/);
  const files = fields.some(([, { as }]) => as === 'file');
  const delivery = [
    ...(files
      ? [
          `  directory=\${PALISADE_RUNTIME_DIRECTORY:-/dev/shm}/palisade-${service}`,
          '  rm -rf -- "$directory"',
          '  mkdir -m 0700 -- "$directory" || die "cannot make $directory"',
        ]
      : []),
    ...fields.map(([field, how]) => deliver(field, how)),
  ].join('\n');
  return `#!/bin/sh
# ${service}: logs in to Vault with AppRole, fetches secret/${secretPath}, then starts the service. Written by Palisade.
# It fails closed: without a credential from Vault the service does not start.
set +x -eu
umask 077

token=
die() {
  printf '${service} init: %s\\n' "$1" >&2
  [ -z "$token" ] || revoke || :
  exit 1
}

# Reads the one line of a credential file into $value.
read_credential() { # $1 file, $2 what it is
  [ -n "$1" ] || die "no file is named for the $2"
  [ -f "$1" ] || die "the $2 is missing: $1 does not exist"
  [ -r "$1" ] || die "the $2 cannot be read: $1 is closed to user $(id -u)"
  value=
  IFS= read -r value < "$1" || :
  [ -n "$value" ] || die "the $2 is empty: $1"
  case $value in
    *[!A-Za-z0-9._-]*) die "the $2 in $1 holds characters that none has" ;;
  esac
}

address=\${VAULT_ADDR:-}
case $address in
  https://*) ;;
  *) die 'VAULT_ADDR has to begin with https://' ;;
esac
authority=\${address#https://}
authority=\${authority%%/*}
case $authority in
  '' | *[!A-Za-z0-9.:-]*) die 'VAULT_ADDR is no address that can be used' ;;
esac
host=\${authority%:*}
port=\${authority##*:}
[ "$host" != "$authority" ] || port=443
authorities=\${VAULT_CACERT:-}
[ -n "$authorities" ] || die 'VAULT_CACERT names no file'
[ -r "$authorities" ] || die "the certificate of the authority cannot be read: $authorities"
[ -s "$authorities" ] || die "the certificate of the authority is empty: $authorities"
case $authorities in
  *[\\"\\\\]*) die 'VAULT_CACERT holds a quote or a backslash' ;;
esac

newline='
'
carriage=$(printf '\\r')

# One request by curl, whose whole configuration comes through standard input. Answers the body and, last, the status.
ask_curl() { # $1 method, $2 path, $3 body without quotes escaped
  escaped=
  rest=$3
  while [ "$rest" != "\${rest#*\\"}" ]; do
    escaped=$escaped\${rest%%\\"*}'\\"'
    rest=\${rest#*\\"}
  done
  escaped=$escaped$rest
  {
    printf 'url = "https://%s/v1/%s"\\nrequest = "%s"\\ncacert = "%s"\\n' "$authority" "$2" "$1" "$authorities"
    printf 'silent\\nproto = "=https"\\nnoproxy = "*"\\nconnect-timeout = 3\\nmax-time = 10\\nmax-filesize = 1048576\\n'
    printf 'write-out = "\\\\n%%{http_code}"\\n'
    [ -z "$token" ] || printf 'header = "X-Vault-Token: %s"\\n' "$token"
    [ -z "$3" ] || printf 'data = "%s"\\n' "$escaped"
  } | curl -q --config - 2>/dev/null
}

# The same by openssl: HTTP/1.0, so that the end of the connection is the end of the answer.
ask_openssl() {
  verify=-verify_hostname
  case $host in
    *[!0-9.]*) ;;
    *) verify=-verify_ip ;;
  esac
  answer=$(
    {
      printf '%s /v1/%s HTTP/1.0\\r\\nHost: %s\\r\\nContent-Length: %s\\r\\n' "$1" "$2" "$authority" "\${#3}"
      [ -z "$token" ] || printf 'X-Vault-Token: %s\\r\\n' "$token"
      printf '\\r\\n%s' "$3"
    } | timeout 10 openssl s_client -quiet -connect "$host:$port" -servername "$host" \\
      "$verify" "$host" -verify_return_error -CAfile "$authorities" 2>/dev/null
  ) || return 1
  status_line=\${answer%%"$carriage"*}
  status_line=\${status_line#* }
  printf '%s\\n%s' "\${answer#*"$carriage$newline$carriage$newline"}" "\${status_line%% *}"
}

if command -v curl >/dev/null 2>&1; then
  ask=ask_curl
elif command -v openssl >/dev/null 2>&1 && command -v timeout >/dev/null 2>&1; then
  ask=ask_openssl
else
  die 'this image has neither curl nor openssl with timeout, so Vault cannot be asked'
fi

# Asks until there is an answer that stays: into $body and $status.
deadline=$(($(date +%s) + \${PALISADE_VAULT_DEADLINE:-60}))
request() { # $1 method, $2 path, $3 body
  attempt=0
  while :; do
    answer=$("$ask" "$1" "$2" "$3") || answer=
    status=\${answer##*"$newline"}
    body=\${answer%"$newline"*}
    case $status in
      [234]??) [ "$status" = 429 ] || return 0 ;;
      5??) ;;
      *) status='no answer' ;;
    esac
    attempt=$((attempt + 1))
    pause=$((1 + ($$ + attempt) % 3))
    [ $(($(date +%s) + pause)) -lt "$deadline" ] || die "Vault at $authority gives no usable answer ($status)"
    sleep "$pause"
  done
}

revoke() {
  answer=$("$ask" POST auth/token/revoke-self '') || return 1
  [ "\${answer##*"$newline"}" = 204 ]
}

# What Vault calls tokens and what Palisade makes as passwords has no other characters.
read_credential "\${VAULT_ROLE_ID_FILE:-}" role-id
role_id=$value
read_credential "\${VAULT_SECRET_ID_FILE:-}" secret-id
request POST auth/approle/login "{\\"role_id\\":\\"$role_id\\",\\"secret_id\\":\\"$value\\"}"
unset role_id value
case $status in
  200) ;;
  400 | 403) die "Vault refuses the role-id or the secret-id (HTTP $status); it may have expired" ;;
  *) die "Vault answers the login with HTTP $status" ;;
esac
found=\${body#*\\"client_token\\":\\"}
[ "$found" != "$body" ] || die 'the answer to the login holds no token'
found=\${found%%\\"*}
case $found in
  '' | *[!A-Za-z0-9._-]*) die 'the answer to the login holds no usable token' ;;
esac
token=$found
unset found

request GET secret/data/${secretPath} ''
case $status in
  200) ;;
  403) die 'the policy of this service does not let it read secret/${secretPath}' ;;
  404) die 'there is no secret at secret/${secretPath}' ;;
  *) die "Vault answers for secret/${secretPath} with HTTP $status" ;;
esac
revoke || printf '${service} init: %s\\n' 'the token could not be revoked, and ends with its TTL' >&2
token=

# The answer holds {"data":{"data":{"name":"value",…},"metadata":{…}}}. A quote inside of a text is escaped there, so neither a
# value nor what somebody wrote into another field can look like the beginning of a field, or like the end of the data.
pairs=\${body#*'"data":{"data":{'}
[ "$pairs" != "$body" ] || die 'the secret secret/${secretPath} has no fields'
pairs=,\${pairs%%'},"metadata":{'*}
take() { # $1 name of a field; its value into $value
  value=\${pairs#*",\\"$1\\":\\""}
  [ "$value" != "$pairs" ] || die "the field $1 of secret/${secretPath} is missing, or no text"
  value=\${value%%\\"*}
  [ -n "$value" ] || die "the field $1 of secret/${secretPath} is missing or empty"
  case $value in
    *[!A-Za-z0-9._~:/@+=-]*) die "the field $1 of secret/${secretPath} holds characters that are not taken" ;;
  esac
}
${fields.map(([field]) => `take ${field}\nfield_${field}=$value`).join('\n')}
unset answer body pairs value status

${unless === undefined ? `{\n${delivery}\n}` : `if [ ! -s "${unless}" ]; then\n${delivery}\nfi`}
${script.prepare === undefined ? '' : `${script.prepare.trimEnd()}\n`}unset ${fields.map(([field]) => `field_${field}`).join(' ')}
exec "\${PALISADE_ENTRYPOINT:-${checked(script.entrypoint ?? 'docker-entrypoint.sh', /^[\w./-]+$/)}}" "$@"
`;
};
