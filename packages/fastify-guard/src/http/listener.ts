import { X509Certificate, createPrivateKey } from 'node:crypto';
import { type RequestListener, type Server, createServer as createHttpServer } from 'node:http';
import { type Server as SecureServer, createServer as createHttpsServer } from 'node:https';
import { Socket } from 'node:net';
import { type TLSSocket, type TlsOptions, createSecureContext } from 'node:tls';
import { Secret } from '@palisade/vault/secret';
import { GuardError } from '../errors.ts';
import { requireOneOf, requireText, unknownOptions } from '../options/check.ts';
import { type Bounds, boundServer, serverOptions } from './bounds.ts';

/** A certificate and its key, in PEM. */
export interface CertificateBundle {
  /** The certificate and those between it and its authority. */
  readonly certificate: string;
  readonly key: Secret;
  /** Authorities whose clients are let in; the ones before where absent. */
  readonly clientAuthorities?: string;
}

/** How the listener speaks TLS. */
export interface TlsListenerOptions extends CertificateBundle {
  /** `required` refuses the handshake of everybody without a certificate; `none` where absent. */
  readonly clients?: 'none' | 'optional' | 'required';
  /** `TLSv1.3` where absent. */
  readonly minimumVersion?: 'TLSv1.2' | 'TLSv1.3';
}

/**
 * The servers of one application, one for each address that it listens on: Fastify makes two for `localhost`, 127.0.0.1 and ::1. All
 * serve the same certificate.
 */
export interface Listener {
  /** Makes a server that is not listening yet. */
  readonly serve: (handler: RequestListener) => Server;
  /** True for a server that was made here. */
  readonly made: (server: unknown) => boolean;
  /**
   * Serves another certificate to every handshake from now on. Connections and requests that are open go on. Throws GuardError
   * `guard/certificate-unusable` and keeps the old one where the new one cannot be used.
   */
  readonly useCertificate: (bundle: CertificateBundle) => void;
  /** False for a connection whose client was verified by an authority that has been taken away since. */
  readonly trusts: (socket: Socket) => boolean;
}

/** Suites of TLS 1.2 with forward secrecy and authenticated encryption. Source: Mozilla Server Side TLS 5.7, intermediate. */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

const certificatePattern = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

const fingerprints = (pem: string): readonly string[] =>
  [...pem.matchAll(certificatePattern)].map(([text]) => new X509Certificate(text).fingerprint256);

const unusable = (what: string): GuardError =>
  new GuardError('guard/certificate-unusable', `the certificate of the listener cannot be used: ${what}`);

/** Throws where OpenSSL would not serve the bundle, or clients would not accept it. */
const check = (bundle: CertificateBundle, now: number): void => {
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(bundle.certificate);
  } catch {
    throw unusable('it is no PEM certificate');
  }
  if (leaf.validToDate.getTime() <= now) throw unusable(`it expired on ${leaf.validTo}`);
  if (leaf.validFromDate.getTime() > now) throw unusable(`it is not valid before ${leaf.validFrom}`);
  let matches: boolean;
  try {
    matches = leaf.checkPrivateKey(createPrivateKey(bundle.key.reveal()));
  } catch {
    throw unusable('its key is no PEM key');
  }
  if (!matches) throw unusable('the key is not its own');
  if (bundle.clientAuthorities !== undefined) {
    let count = 0;
    try {
      count = fingerprints(bundle.clientAuthorities).length;
    } catch {
      // Counted as none.
    }
    if (count === 0) throw unusable('its client authorities are no PEM certificates');
  }
};

/** What a listener needs beside its options. */
export interface ListenerParameters {
  readonly now: () => number;
  /** Whose connections are counted together; `undefined` for those that are not counted. */
  readonly countOf: (socket: Socket) => string | undefined;
  /** Answers what never became a request. */
  readonly clientError: (error: Error & { code?: string }, socket: Socket) => void;
}

/** Makes a listener for HTTPS, or for HTTP where `options` is absent. Throws GuardError where the certificate cannot be used. */
export const createListener = (
  options: TlsListenerOptions | undefined,
  bounds: Bounds,
  parameters: ListenerParameters,
): Listener => {
  const { countOf, clientError } = parameters;
  const all = new WeakSet<object>();
  const bound = <Made extends Server>(server: Made): Made => {
    boundServer(server, bounds, countOf);
    // Fastify would set it for its first server alone.
    server.on('clientError', (error: Error & { code?: string }, socket) => {
      if (socket instanceof Socket) clientError(error, socket);
      else socket.destroy();
    });
    all.add(server);
    return server;
  };
  const made = (server: unknown): boolean => typeof server === 'object' && server !== null && all.has(server);
  if (options === undefined)
    return {
      serve: (handler) => bound(createHttpServer(serverOptions(bounds), handler)),
      made,
      useCertificate: () => {
        throw new GuardError('guard/tls-absent', 'the listener speaks plain HTTP');
      },
      trusts: () => true,
    };

  const { clients = 'none', minimumVersion = 'TLSv1.3' } = options;
  if (clients !== 'none' && options.clientAuthorities === undefined)
    throw new GuardError(
      'guard/option-invalid',
      'tls.clients asks for certificates, and tls.clientAuthorities is absent',
    );

  /** Everything at once: what `setSecureContext` is not told falls back to the defaults of Node.js. */
  const contextOf = (bundle: CertificateBundle, authorities: string | undefined): TlsOptions => {
    check(bundle, parameters.now());
    const context: TlsOptions = {
      cert: bundle.certificate,
      key: bundle.key.reveal(),
      minVersion: minimumVersion,
      ciphers,
      honorCipherOrder: true,
      ...(authorities === undefined ? {} : { ca: authorities }),
    };
    try {
      createSecureContext(context);
    } catch {
      // What OpenSSL says can quote the key.
      throw unusable('OpenSSL refuses it');
    }
    return context;
  };

  let authorities = options.clientAuthorities;
  let context = contextOf(options, authorities);
  let distrusted = new WeakSet<Socket>();
  const servers = new Set<SecureServer>();
  const open = new Set<TLSSocket>();

  return {
    serve: (handler) => {
      const server = bound(
        createHttpsServer(
          {
            ...serverOptions(bounds),
            ...context,
            ...(clients === 'none' ? {} : { requestCert: true, rejectUnauthorized: clients === 'required' }),
            handshakeTimeout: bounds.headersTimeout,
          },
          handler,
        ),
      );
      server.on('secureConnection', (socket) => {
        open.add(socket);
        socket.once('close', () => open.delete(socket));
      });
      servers.add(server);
      return server;
    },
    made,
    useCertificate: (bundle) => {
      const before = authorities;
      const after = bundle.clientAuthorities ?? before;
      const next = contextOf(bundle, after);
      for (const server of servers) server.setSecureContext(next);
      context = next;
      authorities = after;
      const kept = new Set(fingerprints(after ?? ''));
      if (fingerprints(before ?? '').every((one) => kept.has(one))) return;
      // Which authority verified an open connection is not known any more, so none of them counts as verified.
      distrusted = new WeakSet([...open].filter(({ authorized }) => authorized));
    },
    trusts: (socket) => !distrusted.has(socket),
  };
};

/** Checks the options of the listener. Throws GuardError. */
export const checkTlsOptions = (options: TlsListenerOptions): void => {
  unknownOptions(options, ['certificate', 'key', 'clientAuthorities', 'clients', 'minimumVersion'], 'tls');
  requireText(options.certificate, 'tls.certificate');
  if (!(options.key instanceof Secret)) throw new GuardError('guard/option-invalid', 'tls.key must be a Secret');
  requireOneOf(options.clients, [undefined, 'none', 'optional', 'required'], 'tls.clients');
  requireOneOf(options.minimumVersion, [undefined, 'TLSv1.2', 'TLSv1.3'], 'tls.minimumVersion');
};
