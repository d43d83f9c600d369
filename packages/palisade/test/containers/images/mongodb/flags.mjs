// Prints the flags of FerretDB 1.24 that stand for a command line of mongod and its configuration file.
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { load } from 'js-yaml';

const words = process.argv.slice(2);
/** @param {readonly string[]} names */
const given = (...names) => {
  const index = words.findLastIndex((word) => names.includes(word));
  return index < 0 ? undefined : words[index + 1];
};
const file = given('--config', '-f');
const settings = file === undefined ? {} : (load(readFileSync(file, 'utf8')) ?? {});
const { net = {}, security = {}, storage = {}, replication = {} } = settings;
const addresses = String(given('--bind_ip') ?? net.bindIp ?? '0.0.0.0').split(',');
const socket = addresses.find((address) => address.endsWith('.sock'));
if (words[0] === '--socket-directory') {
  process.stdout.write(dirname(socket ?? ''));
  process.exit(0);
}
const data = given('--dbpath') ?? storage.dbPath ?? '/data/db';
// FerretDB listens on one address: on all of them where mongod would on more than loopback.
const host = addresses.every((address) => ['localhost', '127.0.0.1'].includes(address)) ? '127.0.0.1' : '0.0.0.0';
const address = `${host}:${given('--port') ?? net.port ?? 27017}`;
const { mode = 'disabled', certificateKeyFile, CAFile, allowConnectionsWithoutCertificates } = net.tls ?? {};
const listening =
  socket !== undefined
    ? ['--listen-addr=', `--listen-unix=${socket}`]
    : mode === 'disabled'
      ? [`--listen-addr=${address}`]
      : [
          '--listen-addr=',
          `--listen-tls=${address}`,
          `--listen-tls-cert-file=${certificateKeyFile}`,
          `--listen-tls-key-file=${certificateKeyFile}`,
          ...(CAFile !== undefined && allowConnectionsWithoutCertificates !== true
            ? [`--listen-tls-ca-file=${CAFile}`]
            : []),
        ];
const demandsLogins = socket !== undefined || security.authorization === 'enabled' || words.includes('--auth');
const flags = [
  '--handler=sqlite',
  `--sqlite-url=file:${data}/`,
  `--state-dir=${data}`,
  '--telemetry=disable',
  '--debug-addr=-',
  ...listening,
  ...(demandsLogins ? ['--test-enable-new-auth'] : []),
  ...(replication.replSetName === undefined ? [] : [`--repl-set-name=${replication.replSetName}`]),
];
process.stdout.write(`${flags.join('\n')}\n`);
