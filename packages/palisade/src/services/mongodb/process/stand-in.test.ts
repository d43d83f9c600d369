import assert from 'node:assert/strict';
import { it } from 'node:test';
import { standIn } from './stand-in.ts';

const places = {
  host: '127.0.0.1',
  port: 29_000,
  data: '/var/lib/a b/data',
  state: '/run/store',
  path: (path: string) => `/here${path}`,
};

const of = (settings: Readonly<Record<string, string>>) =>
  standIn(
    Object.entries(settings).map(([name, value]) => ({ name, value, line: 1 })),
    places,
  );

it('listens without TLS and without logins where nobody asks for more', () => {
  const { args, ignored, demandsLogins } = of({});
  assert.deepEqual(args, [
    '--handler=sqlite',
    '--sqlite-url=file:/var/lib/a%20b/data/',
    '--state-dir=/run/store',
    '--telemetry=disable',
    '--debug-addr=-',
    '--listen-addr=127.0.0.1:29000',
    '--log-level=info',
  ]);
  assert.deepEqual([ignored, demandsLogins], [[], false]);
});

it('listens over TLS alone, demands certificates and logins, and turns nothing else on', () => {
  const { args, ignored, demandsLogins } = of({
    'net.tls.mode': 'requireTLS',
    'net.tls.certificateKeyFile': '/certs/both.pem',
    'net.tls.CAFile': '/certs/ca.pem',
    'net.tls.disabledProtocols': 'TLS1_0,TLS1_1',
    'security.authorization': 'enabled',
    'security.javascriptEnabled': 'false',
    'setParameter.enableLocalhostAuthBypass': 'false',
    'systemLog.verbosity': '2',
    'replication.replSetName': 'rs0',
  });
  assert.deepEqual(args.slice(5), [
    '--listen-addr=',
    '--listen-tls=127.0.0.1:29000',
    '--listen-tls-cert-file=/here/certs/both.pem',
    '--listen-tls-key-file=/here/certs/both.pem',
    '--listen-tls-ca-file=/here/certs/ca.pem',
    '--test-enable-new-auth',
    '--repl-set-name=rs0',
    '--log-level=debug',
  ]);
  assert.equal(demandsLogins, true);
  assert.deepEqual(ignored, ['roles of accounts']);
});

it('checks no certificates where those without one are let in', () => {
  const { args } = of({
    'net.tls.mode': 'requireTLS',
    'net.tls.CAFile': '/certs/ca.pem',
    'net.tls.allowConnectionsWithoutCertificates': 'true',
  });
  assert.ok(!args.some((arg) => arg.startsWith('--listen-tls-ca-file')));
});

it('names every setting that it does nothing about, also where it would hold with another value', () => {
  const { ignored } = of({
    'net.tls.mode': 'preferTLS',
    'net.maxIncomingConnections': '1000',
    'security.javascriptEnabled': 'true',
    'net.tls.disabledProtocols': 'none',
    'security.keyFile': '/key',
  });
  assert.deepEqual(ignored, [
    'net.maxIncomingConnections',
    'security.javascriptEnabled',
    'net.tls.disabledProtocols',
    'security.keyFile',
    'net.tls.mode (plaintext beside TLS)',
    'roles of accounts',
  ]);
});
