import type { Service } from '../../contracts/stack.ts';
import { administrator } from './consumers.ts';
import { configurationDirectory } from './configuration.ts';

/** The script in the container. */
export const administratorScript = '/init/administrator.sh';

/** The file in the data directory that holds the digest of the password which the administrator has. */
export const markerFile = '.palisade-administrator';

/** What mongosh carries out; the password comes from the file, so that no argument holds it. */
const program = [
  'const pwd = require("fs").readFileSync(process.env.PALISADE_PASSWORD_FILE, "utf8").trim()',
  'const user = { pwd, roles: [{ role: "root", db: "admin" }], mechanisms: ["SCRAM-SHA-256"] }',
  `if (db.getUser("${administrator}") === null) db.createUser({ user: "${administrator}", ...user })`,
  `else db.updateUser("${administrator}", user)`,
].join('; ');

/** The beginning that all such scripts share: ends the script where the administrator has this password already. */
export const markerCheck = (service: Service): string => `set +x -eu
umask 077

die() {
  printf '${service.name} administrator: %s\\n' "$1" >&2
  exit 1
}

password_file=$1
directory=\${password_file%/*}
data=$PALISADE_DATA_DIRECTORY
marker=$data/${markerFile}
digest=$(sha256sum < "$password_file") || die 'sha256sum is missing'
digest=\${digest%% *}
[ \${#digest} -eq 64 ] || die 'sha256sum gives no digest'
if [ -f "$marker" ] && [ "$(cat "$marker")" = "$digest" ]; then
  exit 0
fi
`;

/**
 * POSIX sh that gives the administrator the password of a file, before the server opens its port: a server without any
 * port does it, which also works where the data is older than the password. Members of a replica set do it each by
 * themselves. Repeats itself until it has succeeded once for a password.
 */
export const renderAdministratorScript = (service: Service, dataDirectory: string): string => `#!/bin/sh
# ${service.name}: gives the administrator the password in the file $1. Written by Palisade.
PALISADE_DATA_DIRECTORY=\${PALISADE_DATA_DIRECTORY:-${dataDirectory}}
${markerCheck(service)}
HOME=$directory
PALISADE_PASSWORD_FILE=$password_file
export HOME PALISADE_PASSWORD_FILE
socket=$directory/first-start.sock
rm -f -- "$socket"
mongod --config "\${PALISADE_FIRST_START:-${configurationDirectory}/first-start.conf}" > "$directory/first-start.log" 2>&1 &
server=$!
waited=0
until [ -S "$socket" ]; do
  kill -0 "$server" 2>/dev/null || { tail -n 5 "$directory/first-start.log" >&2; die 'the server does not start'; }
  waited=$((waited + 1))
  [ "$waited" -le "\${PALISADE_FIRST_START_DEADLINE:-300}" ] || { kill "$server"; die 'the server takes too long to start'; }
  sleep 1
done
status=0
mongosh --quiet --norc "mongodb://$(printf %s "$socket" | sed 's|/|%2F|g')/admin" --eval '${program}' > /dev/null || status=$?
kill -TERM "$server"
wait "$server" || :
rm -f -- "$directory/first-start.log"
[ "$status" -eq 0 ] || die 'mongosh could not make the administrator'
printf %s "$digest" > "$marker.new"
mv -f -- "$marker.new" "$marker"
`;
