import type { Entry } from '../configuration-file.ts';
import { administrator } from '../consumers.ts';
import { markerCheck } from '../administrator-script.ts';
import type { Service } from '../../../contracts/stack.ts';

/** Where things are on the machine on which FerretDB stands in for mongod. */
export interface Places {
  readonly host: string;
  readonly port: number;
  /** Directory of the SQLite databases. */
  readonly data: string;
  readonly state: string;
  /** Host path of a path in the container. */
  readonly path: (containerPath: string) => string;
}

/** How FerretDB is started instead of mongod, and what it does not do of what the configuration asks for. */
export interface StandIn {
  readonly args: readonly string[];
  /** True where nobody gets in without a login. */
  readonly demandsLogins: boolean;
  readonly ignored: readonly string[];
}

/** Settings that FerretDB carries out by these flags, or that this machine decides. */
const carriedOut =
  /^(?:net\.(?:port|bindIp|bindIpAll|tls\.(?:mode|certificateKeyFile|CAFile|allowConnectionsWithoutCertificates))|security\.authorization|replication\.replSetName|storage\.dbPath|systemLog\.verbosity)$/;

/**
 * Settings that hold with FerretDB by themselves: it has neither scripts, nor an exception for localhost, nor TLS before
 * 1.2, nor another mechanism than SCRAM.
 */
const heldAnyway: Readonly<Record<string, RegExp>> = {
  'security.javascriptEnabled': /^false$/,
  'setParameter.enableLocalhostAuthBypass': /^false$/,
  'setParameter.authenticationMechanisms': /^SCRAM-SHA-(?:1|256)(?:,SCRAM-SHA-(?:1|256))?$/,
  'net.tls.disabledProtocols': /^TLS1_0,TLS1_1$/,
  'net.unixDomainSocket.enabled': /^false$/,
  'systemLog.quiet': /^false$/,
};

/** SQLite takes its directory as a URI. Source: FerretDB documentation, flags, `--sqlite-url`. */
const sqliteUrl = (directory: string): string => `file:${directory.split('/').map(encodeURIComponent).join('/')}/`;

/** Flags of every start: no telemetry, no page for debugging. */
const commonArgs = ({ data, state }: Pick<Places, 'data' | 'state'>): readonly string[] => [
  '--handler=sqlite',
  `--sqlite-url=${sqliteUrl(data)}`,
  `--state-dir=${state}`,
  '--telemetry=disable',
  '--debug-addr=-',
];

/** Translates a configuration of mongod to the flags of FerretDB 1.24. Source: FerretDB documentation, flags. */
export const standIn = (entries: readonly Entry[], places: Places): StandIn => {
  const value = (name: string): string | undefined => entries.findLast((entry) => entry.name === name)?.value;
  const mode = value('net.tls.mode') ?? 'disabled';
  const address = `${places.host}:${places.port}`;
  const tls = mode !== 'disabled';
  const certificate = places.path(value('net.tls.certificateKeyFile') ?? '');
  const authority = value('net.tls.CAFile');
  const demandsCertificates =
    authority !== undefined && value('net.tls.allowConnectionsWithoutCertificates') !== 'true';
  const demandsLogins = value('security.authorization') === 'enabled' || value('security.keyFile') !== undefined;
  const replicaSet = value('replication.replSetName');
  return {
    args: [
      ...commonArgs(places),
      ...(tls
        ? [
            '--listen-addr=',
            `--listen-tls=${address}`,
            `--listen-tls-cert-file=${certificate}`,
            `--listen-tls-key-file=${certificate}`,
            ...(demandsCertificates ? [`--listen-tls-ca-file=${places.path(authority)}`] : []),
          ]
        : [`--listen-addr=${address}`]),
      ...(demandsLogins ? ['--test-enable-new-auth'] : []),
      ...(replicaSet === undefined ? [] : [`--repl-set-name=${replicaSet}`]),
      `--log-level=${Number(value('systemLog.verbosity') ?? 0) > 0 ? 'debug' : 'info'}`,
    ],
    demandsLogins,
    ignored: [
      ...entries
        .filter(({ name, value: text }) => !carriedOut.test(name) && heldAnyway[name]?.test(text) !== true)
        .map(({ name }) => name),
      // One port speaks one of both.
      ...(mode === 'allowTLS' || mode === 'preferTLS' ? ['net.tls.mode (plaintext beside TLS)'] : []),
      ...(demandsLogins ? ['roles of accounts'] : []),
    ],
  };
};

/**
 * Starts FerretDB once on a port that nobody knows, with logins demanded, so that it makes the administrator: it does so
 * only where there is no database `admin` yet. An older one, or one of a start that was cut off, is put aside.
 */
export const renderFerretDbAdministrator = (service: Service): string => `#!/bin/sh
# ${service.name}: gives the administrator of FerretDB the password in the file $1. Written by Palisade.
${markerCheck(service)}
for file in "$data"/admin.sqlite "$data"/admin.sqlite-wal "$data"/admin.sqlite-shm; do
  [ ! -e "$file" ] || mv -f -- "$file" "$file.before"
done
FERRETDB_SETUP_PASSWORD=$(cat "$password_file")
export FERRETDB_SETUP_PASSWORD
"$PALISADE_FERRETDB" --handler=sqlite "--sqlite-url=$PALISADE_SQLITE_URL" "--state-dir=$PALISADE_STATE_DIRECTORY" --telemetry=disable --debug-addr=- \\
  --listen-addr=127.0.0.1:0 --test-enable-new-auth --setup-database=admin --setup-username=${administrator} \\
  > "$directory/first-start.log" 2>&1 &
server=$!
unset FERRETDB_SETUP_PASSWORD
waited=0
until grep -q 'Listening on TCP' "$directory/first-start.log"; do
  kill -0 "$server" 2>/dev/null || { tail -n 3 "$directory/first-start.log" >&2; die 'FerretDB does not start'; }
  waited=$((waited + 1))
  [ "$waited" -le 300 ] || { kill "$server"; die 'FerretDB takes too long to start'; }
  sleep 0.1
done
kill -TERM "$server"
wait "$server" || :
rm -f -- "$directory/first-start.log"
printf %s "$digest" > "$marker.new"
mv -f -- "$marker.new" "$marker"
`;

/** The variables that tell the script where things are, beside PALISADE_FERRETDB, the program. */
export const scriptEnvironment = (places: Pick<Places, 'data' | 'state'>): Readonly<Record<string, string>> => ({
  PALISADE_DATA_DIRECTORY: places.data,
  PALISADE_STATE_DIRECTORY: places.state,
  PALISADE_SQLITE_URL: sqliteUrl(places.data),
});
