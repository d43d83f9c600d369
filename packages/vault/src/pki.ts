import { isDeepStrictEqual } from 'node:util';
import { type CallOptions, type RequestValue, type Send, listKeys, unlessMissing } from './call.ts';
import { isVaultError } from './errors.ts';

/** What a role of the PKI may sign. Durations are seconds. Source: https://openbao.org/api-docs/secret/pki/#createupdate-role */
export interface PkiRole {
  readonly allowedDomains: readonly string[];
  readonly allowLocalhost: boolean;
  readonly allowIpAddresses: boolean;
  readonly server: boolean;
  readonly client: boolean;
  readonly maxTtl: number;
}

/** A certificate that was signed. PEM each. */
export interface SignedCertificate {
  readonly certificate: string;
  readonly issuer: string;
  readonly chain: readonly string[];
  readonly serial: string;
}

/** Subject and life of an authority. */
export interface AuthorityParameters {
  readonly commonName: string;
  /** Seconds. */
  readonly ttl: number;
  readonly issuerName?: string;
}

/** Functions of one PKI mount. */
export interface Pki {
  /** Makes a self-signed root whose key stays in the server (EC P-256); gives its certificate as PEM. */
  readonly generateRoot: (parameters: AuthorityParameters, options?: CallOptions) => Promise<string>;
  /** Makes the key of an intermediate, which stays in the server (EC P-256); gives its request as PEM. */
  readonly generateIntermediate: (
    parameters: { readonly commonName: string },
    options?: CallOptions,
  ) => Promise<string>;
  /** Signs the request of an intermediate that may sign no further authority. */
  readonly signIntermediate: (
    request: string,
    parameters: AuthorityParameters,
    options?: CallOptions,
  ) => Promise<SignedCertificate>;
  /** Installs a signed intermediate (PEM, its issuers behind it); gives the ids of the issuers that were new. */
  readonly setSigned: (certificates: string, options?: CallOptions) => Promise<string[]>;
  /** Ids of the issuers; empty where there is no authority yet. */
  readonly listIssuers: (options?: CallOptions) => Promise<string[]>;
  readonly readIssuer: (
    reference: string,
    options?: CallOptions,
  ) => Promise<
    | {
        readonly certificate: string;
        readonly chain: readonly string[];
        readonly name: string;
        readonly hasKey: boolean;
      }
    | undefined
  >;
  readonly setDefaultIssuer: (reference: string, options?: CallOptions) => Promise<void>;
  readonly listRoles: (options?: CallOptions) => Promise<string[]>;
  /** `tight` is true where everything beside the definition is as `writeRole` leaves it. */
  readonly readRole: (
    role: string,
    options?: CallOptions,
  ) => Promise<(PkiRole & { readonly tight: boolean }) | undefined>;
  /** Writes a role for EC P-256 keys that demands a common name and allows neither wildcards nor subdomains. */
  readonly writeRole: (role: string, definition: PkiRole, options?: CallOptions) => Promise<void>;
  /** Signs a request (PEM). Never tried again: each one makes a certificate. */
  readonly sign: (
    role: string,
    request: {
      readonly csr: string;
      readonly commonName: string;
      readonly alternativeNames: readonly string[];
      readonly ipAddresses?: readonly string[];
      /** Seconds. */
      readonly ttl: number;
    },
    options?: CallOptions,
  ) => Promise<SignedCertificate>;
  /** The default issuer and those above it, as one PEM; undefined where there is none. Needs no token. */
  readonly caChain: (options?: CallOptions) => Promise<string | undefined>;
  readonly configureUrls: (
    urls: { readonly issuing: readonly string[]; readonly revocationLists: readonly string[] },
    options?: CallOptions,
  ) => Promise<void>;
  readonly revoke: (serial: string, options?: CallOptions) => Promise<void>;
}

const authorityBody = (parameters: {
  readonly commonName: string;
  readonly ttl?: number;
  readonly issuerName?: string;
}): { readonly [name: string]: RequestValue } => ({
  common_name: parameters.commonName,
  exclude_cn_from_sans: true,
  ...(parameters.ttl === undefined ? {} : { ttl: `${parameters.ttl}s` }),
  ...(parameters.issuerName === undefined ? {} : { issuer_name: parameters.issuerName }),
});

const p256 = { key_type: 'ec', key_bits: 256 } as const;

/** What every role has in common. The defaults of the server are far looser. */
const tightSettings = {
  allow_any_name: false,
  allow_bare_domains: true,
  allow_glob_domains: false,
  allow_subdomains: false,
  allow_wildcard_certificates: false,
  allowed_other_sans: [],
  allowed_uri_sans: [],
  code_signing_flag: false,
  email_protection_flag: false,
  enforce_hostnames: true,
  key_usage: ['DigitalSignature'],
  require_cn: true,
  use_csr_common_name: true,
  use_csr_sans: true,
  ...p256,
} as const;

/** The functions of the PKI mount at `mount`. */
export const pki = (send: Send, mount: string): Pki => {
  const post = (path: string, body: { readonly [name: string]: RequestValue }, options?: CallOptions) =>
    send({ method: 'POST', path: `${mount}/${path}`, body }, options);
  const signed = async (
    path: string,
    body: { readonly [name: string]: RequestValue },
    options?: CallOptions,
  ): Promise<SignedCertificate> => {
    const data = (await post(path, body, options)).data();
    const issuer = data.text('issuing_ca');
    const chain = data.texts('ca_chain');
    return {
      certificate: data.text('certificate'),
      issuer,
      chain: chain.length === 0 ? [issuer] : chain,
      serial: data.text('serial_number'),
    };
  };
  return {
    generateRoot: async (parameters, options) =>
      (await post('root/generate/internal', { ...authorityBody(parameters), ...p256 }, options))
        .data()
        .text('certificate'),
    generateIntermediate: async (parameters, options) =>
      (await post('intermediate/generate/internal', { ...authorityBody(parameters), ...p256 }, options))
        .data()
        .text('csr'),
    signIntermediate: (request, parameters, options) =>
      signed('root/sign-intermediate', { ...authorityBody(parameters), csr: request, max_path_length: 0 }, options),
    setSigned: async (certificates, options) =>
      (await post('intermediate/set-signed', { certificate: certificates }, options)).data().texts('imported_issuers'),
    listIssuers: (options) => listKeys(send, `${mount}/issuers`, options),
    readIssuer: async (reference, options) => {
      const answer = await unlessMissing(send({ method: 'GET', path: `${mount}/issuer/${reference}` }, options));
      if (answer === undefined) return undefined;
      const data = answer.data();
      return {
        certificate: data.text('certificate'),
        chain: data.texts('ca_chain'),
        name: data.optionalText('issuer_name') ?? '',
        hasKey: (data.optionalText('key_id') ?? '') !== '',
      };
    },
    setDefaultIssuer: async (reference, options) => {
      await post('config/issuers', { default: reference }, options);
    },
    listRoles: (options) => listKeys(send, `${mount}/roles`, options),
    readRole: async (role, options) => {
      const answer = await unlessMissing(send({ method: 'GET', path: `${mount}/roles/${role}` }, options));
      if (answer === undefined) return undefined;
      const data = answer.data();
      return {
        allowedDomains: data.texts('allowed_domains'),
        allowLocalhost: data.boolean('allow_localhost'),
        allowIpAddresses: data.boolean('allow_ip_sans'),
        server: data.boolean('server_flag'),
        client: data.boolean('client_flag'),
        maxTtl: data.number('max_ttl'),
        tight: Object.entries(tightSettings).every(([name, value]) => isDeepStrictEqual(data.raw(name), value)),
      };
    },
    writeRole: async (role, definition, options) => {
      await post(
        `roles/${role}`,
        {
          allowed_domains: [...definition.allowedDomains],
          max_ttl: `${definition.maxTtl}s`,
          allow_localhost: definition.allowLocalhost,
          allow_ip_sans: definition.allowIpAddresses,
          server_flag: definition.server,
          client_flag: definition.client,
          ...tightSettings,
        },
        options,
      );
    },
    sign: (role, request, options) =>
      signed(
        `sign/${role}`,
        {
          csr: request.csr,
          common_name: request.commonName,
          // The names are those asked for: without this the common name becomes one of them.
          exclude_cn_from_sans: true,
          alt_names: request.alternativeNames.join(','),
          ip_sans: (request.ipAddresses ?? []).join(','),
          ttl: `${request.ttl}s`,
        },
        options,
      ),
    caChain: async (options) => {
      try {
        const { body } = await send({ method: 'GET', path: `${mount}/cert/ca_chain`, token: null }, options);
        return body.optionalFields('data')?.optionalText('certificate');
      } catch (error) {
        // A mount without an issuer answers 400 with this text.
        if (isVaultError(error, 'vault/invalid-request') && error.message.includes('no default issuer'))
          return undefined;
        throw error;
      }
    },
    configureUrls: async (urls, options) => {
      await post(
        'config/urls',
        { issuing_certificates: [...urls.issuing], crl_distribution_points: [...urls.revocationLists] },
        options,
      );
    },
    revoke: async (serial, options) => {
      await post('revoke', { serial_number: serial }, options);
    },
  };
};
