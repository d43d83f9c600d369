/**
 * The suites of TLS 1.2 of Mozilla's intermediate profile 5.8, as OpenSSL names them: forward secrecy and authenticated
 * encryption alone. Those that need Diffie-Hellman parameters are left out. What OpenSSL and Go take by themselves has
 * suites in CBC mode as well. TLS 1.3 has no others. Source: https://ssl-config.mozilla.org/guidelines/5.8.json
 */
export const tlsSuites: readonly string[] = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];

/** The same as their registry names them, which is what Go takes. Source: IANA, "TLS Cipher Suites". */
export const registeredTlsSuites: readonly string[] = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
];
