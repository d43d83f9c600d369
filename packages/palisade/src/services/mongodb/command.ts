import { splitWords } from '../../model/words.ts';
import type { Entry } from './configuration-file.ts';

/** The configuration of a server as its command gives it. */
export interface Command {
  /** Path of the configuration file in the container. */
  readonly file?: string;
  readonly entries: readonly Entry[];
}

/** Flags with a value, by name. Source: MongoDB manual, mongod. */
const valued: Readonly<Record<string, string>> = {
  port: 'net.port',
  bind_ip: 'net.bindIp',
  maxConns: 'net.maxIncomingConnections',
  tlsMode: 'net.tls.mode',
  sslMode: 'net.ssl.mode',
  tlsCertificateKeyFile: 'net.tls.certificateKeyFile',
  sslPEMKeyFile: 'net.ssl.PEMKeyFile',
  tlsCAFile: 'net.tls.CAFile',
  sslCAFile: 'net.ssl.CAFile',
  tlsClusterFile: 'net.tls.clusterFile',
  tlsDisabledProtocols: 'net.tls.disabledProtocols',
  sslDisabledProtocols: 'net.ssl.disabledProtocols',
  keyFile: 'security.keyFile',
  clusterAuthMode: 'security.clusterAuthMode',
  replSet: 'replication.replSetName',
  oplogSize: 'replication.oplogSizeMB',
  dbpath: 'storage.dbPath',
  storageEngine: 'storage.engine',
  wiredTigerCacheSizeGB: 'storage.wiredTiger.engineConfig.cacheSizeGB',
  logpath: 'systemLog.path',
  auditDestination: 'auditLog.destination',
  profile: 'operationProfiling.mode',
  slowms: 'operationProfiling.slowOpThresholdMs',
};

/** Flags without one, and what they say. */
const switches: Readonly<Record<string, readonly [name: string, value: string]>> = {
  auth: ['security.authorization', 'enabled'],
  noauth: ['security.authorization', 'disabled'],
  transitionToAuth: ['security.transitionToAuth', 'true'],
  bind_ip_all: ['net.bindIpAll', 'true'],
  ipv6: ['net.ipv6', 'true'],
  noscripting: ['security.javascriptEnabled', 'false'],
  tlsAllowConnectionsWithoutCertificates: ['net.tls.allowConnectionsWithoutCertificates', 'true'],
  sslAllowConnectionsWithoutCertificates: ['net.tls.allowConnectionsWithoutCertificates', 'true'],
  shardsvr: ['sharding.clusterRole', 'shardsvr'],
  configsvr: ['sharding.clusterRole', 'configsvr'],
  directoryperdb: ['storage.directoryPerDB', 'true'],
  quiet: ['systemLog.quiet', 'true'],
  verbose: ['systemLog.verbosity', '1'],
};

const server = /(?:^|\/)mongod$/;
const plainScript = /^\s*(?:exec\s+)?(?:\S*\/)?mongod\b[^;&|<>`()$]*$/;

/** Reads `mongod [--flag [value]]…`, also behind `sh -c`; undefined where a program decides. */
export const readCommand = (words: readonly string[]): Command | undefined => {
  const [first = '', ...rest] = words;
  if (/(?:^|\/)(?:ba|da|)sh$/.test(first) && rest[0] === '-c' && rest.length === 2)
    return plainScript.test(rest[1] ?? '')
      ? readCommand(splitWords(rest[1] ?? '').filter((word) => word !== 'exec'))
      : undefined;
  if (first !== '' && !server.test(first) && !first.startsWith('-')) return undefined;
  const given = server.test(first) ? rest : words;
  const entries: Entry[] = [];
  let file: string | undefined;
  for (let index = 0; index < given.length; index++) {
    const [, name = '', joined] = /^--?([A-Za-z_][\w]*)(?:=(.*))?$/s.exec(given[index] ?? '') ?? [];
    const value = (): string => joined ?? given[(index += 1)] ?? '';
    const add = (setting: string, text: string): void => void entries.push({ name: setting, value: text, line: 0 });
    if (name === 'config' || name === 'f') file = value();
    else if (name === 'setParameter') {
      const [, parameter = '', text = ''] = /^([^=]*)=(.*)$/s.exec(value()) ?? [];
      add(`setParameter.${parameter}`, text);
    } else if (/^v+$/.test(name)) add('systemLog.verbosity', String(name.length));
    else if (valued[name] !== undefined) add(valued[name], value());
    else if (switches[name] !== undefined) add(...switches[name]);
    // Another flag: where it has a value of its own, that is no flag, and passed by.
  }
  return { ...(file === undefined ? {} : { file }), entries };
};
