import { tlsSuites } from '../../../support/tls-suites.ts';
import { type Directive, directive } from '../syntax/directive.ts';
import { clientCertificates, serverCertificates } from './paths.ts';

/** Requests in a second that one client may make, and how many may come at once beyond that. */
export const requestRate = 10;
export const requestBurst = 20;

const d = directive;

/** Paths that nginx writes to: all below /tmp, because the root file system is read-only. */
const writable = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) =>
  d(`${name}_temp_path`, [`/tmp/${name}`]),
);

/** One object a line; the query is left out, because tokens and personal data travel in it. */
const logFormat = [
  '{"time":"$time_iso8601","client":"$remote_addr","method":"$request_method","path":"$uri","status":$status,',
  '"bytes":$body_bytes_sent,"seconds":$request_time,"upstream":"$upstream_addr","upstream_status":"$upstream_status",',
  '"host":"$host","tls":"$ssl_protocol","agent":"$http_user_agent","id":"$request_id"}',
];

/**
 * Mozilla's intermediate profile 5.8 for OpenSSL 3.0, without the suites that need Diffie-Hellman parameters. Tickets are
 * off: nginx does not rotate their key. Source: https://ssl-config.mozilla.org/guidelines/5.8.json
 */
const tls: readonly Directive[] = [
  d('ssl_protocols', ['TLSv1.2', 'TLSv1.3']),
  d('ssl_ciphers', [tlsSuites.join(':')]),
  d('ssl_ecdh_curve', ['X25519:prime256v1:secp384r1']),
  d('ssl_prefer_server_ciphers', ['off']),
  d('ssl_session_cache', ['shared:palisade_tls:10m']),
  d('ssl_session_timeout', ['1d']),
  d('ssl_session_tickets', ['off']),
];

/** A client is its IPv4 address, also where that comes mapped into IPv6, or its IPv6 network of 64 bits. */
const clientNetwork = d(
  'map',
  ['$binary_remote_addr', '$client_network'],
  [
    d('default', ['$binary_remote_addr']),
    { ...d('x'), written: [String.raw`"~(?s)^\x00{10}\xff{2}(?<mapped_address>.{4})$"`, '$mapped_address'] },
    { ...d('x'), written: [String.raw`"~(?s)^(?<network>.{8}).{8}$"`, '$network'] },
  ],
);

/** What the hardened posture says for every server. */
export const httpSettings = (): readonly Directive[] => [
  d('server_tokens', ['off']),
  ...writable,
  d('log_format', ['palisade_json', 'escape=json', ...logFormat]),
  d('access_log', ['/dev/stdout', 'palisade_json']),
  clientNetwork,
  d('limit_req_zone', ['$client_network', 'zone=palisade_requests:10m', `rate=${requestRate}r/s`]),
  d('limit_conn_zone', ['$client_network', 'zone=palisade_connections:10m']),
  d('limit_req_status', ['429']),
  d('limit_conn_status', ['429']),
  d('limit_conn', ['palisade_connections', '50']),
  d('client_header_timeout', ['10s']),
  d('client_body_timeout', ['10s']),
  d('send_timeout', ['10s']),
  d('keepalive_timeout', ['30s']),
  d('reset_timedout_connection', ['on']),
  d('large_client_header_buffers', ['4', '8k']),
  d('proxy_ssl_verify', ['on']),
  d('proxy_ssl_verify_depth', ['2']),
  d('proxy_ssl_trusted_certificate', [`${clientCertificates}/ca.pem`]),
  d('proxy_ssl_certificate', [`${clientCertificates}/cert.pem`]),
  d('proxy_ssl_certificate_key', [`${clientCertificates}/key.pem`]),
  d('proxy_ssl_protocols', ['TLSv1.2', 'TLSv1.3']),
  d('proxy_ssl_server_name', ['on']),
  ...tls,
];

/** The limit of requests; a level that has one of its own drops it. */
export const requestLimit = d('limit_req', ['zone=palisade_requests', `burst=${requestBurst}`, 'nodelay']);

/** The identity of the server. */
export const serverIdentity: readonly Directive[] = [
  d('ssl_certificate', [`${serverCertificates}/cert.pem`]),
  d('ssl_certificate_key', [`${serverCertificates}/key.pem`]),
];

/** Headers of every answer, also of errors; those of upstreams by the same name are hidden, so that each comes once. */
export const securityHeaders: readonly (readonly [name: string, value: string])[] = [
  ['Strict-Transport-Security', 'max-age=63072000'],
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'strict-origin-when-cross-origin'],
  ['Content-Security-Policy', "frame-ancestors 'self'"],
];

/** Headers that say who calls, as an upstream believes them: always the gateway's own, whatever the caller sent. */
export const callerHeaders: readonly (readonly [name: string, value: string])[] = [
  ['Host', '$host'],
  ['X-Forwarded-For', '$remote_addr'],
  ['X-Real-IP', '$remote_addr'],
  ['X-Forwarded-Proto', '$scheme'],
  ['X-Forwarded-Host', '$host'],
  ['Forwarded', ''],
  ['X-Client-Cert', ''],
  ['X-SSL-Client-Cert', ''],
  ['X-SSL-Client-Verify', ''],
  ['X-SSL-Client-S-DN', ''],
];
