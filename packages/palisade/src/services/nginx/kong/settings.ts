import { effective, serversOf } from '../configuration/servers.ts';
import { clientCertificates, plainPort, serverCertificates, tlsPort } from '../hardened/paths.ts';
import { httpSettings } from '../hardened/settings.ts';
import type { Directive } from '../syntax/directive.ts';

/** The value of a directive of the hardened posture, so that both gateways have the same one. */
const same = (name: string): string =>
  httpSettings()
    .find((each) => each.name === name)
    ?.args.join(' ') ?? '';

/** Addresses of proxies in front, of which the caller's address is believed. */
const trustedProxies = (directives: readonly Directive[]): readonly string[] => [
  ...new Set(
    serversOf(directives).flatMap(({ scope }) => effective(scope, 'set_real_ip_from').map(({ args }) => args[0] ?? '')),
  ),
];

/**
 * What of the policy is no part of Kong's declaration but of its own settings: certificates as files, so that no key is in
 * the declaration or in the environment; TLS; time limits. Source: Kong Gateway 3.9, configuration reference (`kong.conf`).
 */
export const renderKongSettings = (directives: readonly Directive[]): string => {
  const proxies = trustedProxies(directives);
  const settings: readonly (readonly [name: string, value: string])[] = [
    ['database', 'off'],
    ['declarative_config', '/etc/palisade/kong/kong.yaml'],
    ['proxy_listen', `0.0.0.0:${plainPort}, 0.0.0.0:${tlsPort} ssl`],
    ['admin_listen', 'off'],
    ['admin_gui_listen', 'off'],
    ['status_listen', 'off'],
    ['anonymous_reports', 'off'],
    ['headers', 'off'],
    ['proxy_access_log', 'off'],
    ['proxy_error_log', '/dev/stderr'],
    ['log_level', 'warn'],
    ['untrusted_lua', 'sandbox'],
    ['ssl_cert', `${serverCertificates}/cert.pem`],
    ['ssl_cert_key', `${serverCertificates}/key.pem`],
    ['ssl_protocols', same('ssl_protocols')],
    ['ssl_cipher_suite', 'custom'],
    ['ssl_ciphers', same('ssl_ciphers')],
    ['ssl_prefer_server_ciphers', same('ssl_prefer_server_ciphers')],
    ['ssl_session_tickets', same('ssl_session_tickets')],
    ['client_ssl', 'on'],
    ['client_ssl_cert', `${clientCertificates}/cert.pem`],
    ['client_ssl_cert_key', `${clientCertificates}/key.pem`],
    ['nginx_proxy_proxy_ssl_trusted_certificate', `${clientCertificates}/ca.pem`],
    ['nginx_proxy_proxy_ssl_protocols', same('proxy_ssl_protocols')],
    ...(proxies.length === 0
      ? []
      : ([
          ['trusted_ips', proxies.join(', ')],
          ['real_ip_header', 'X-Forwarded-For'],
          ['real_ip_recursive', 'on'],
        ] as const)),
    ...['client_header_timeout', 'client_body_timeout', 'send_timeout', 'keepalive_timeout'].map(
      (name) => [`nginx_http_${name}`, same(name)] as const,
    ),
    ['nginx_http_large_client_header_buffers', same('large_client_header_buffers')],
    ['nginx_http_limit_conn_zone', '$binary_remote_addr zone=palisade_connections:10m'],
    ['nginx_http_limit_conn_status', same('limit_conn_status')],
    ['nginx_proxy_limit_conn', same('limit_conn')],
  ];
  return [
    '# Settings of Kong 3.9 for the declaration that `palisade export kong` prints; from `palisade export kong-conf`.',
    '# Written by what Kong documents; not run. Check: kong check kong.conf',
    '# Keys are files that the account of Kong alone reads: mount them where nginx has them.',
    ...settings.map(([name, value]) => `${name} = ${value}`),
    '',
  ].join('\n');
};
