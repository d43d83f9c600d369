import type { Socket } from 'node:net';
import { certificateOf, type ClientCertificate } from '../certificate/certificate.ts';
import { type CertificateName, namesOf } from '../certificate/names.ts';
import type { Now } from '../clock.ts';
import { GuardError } from '../errors.ts';
import type { GuardOptions } from '../options/options.ts';
import { type IsProxy, normalAddress } from './address.ts';

/** Says of a connection whether it is one of a proxy of ours. */
export type Believes = (socket: Socket) => boolean;

const isName = (text: unknown): text is CertificateName =>
  typeof text === 'string' && /^(?:DNS|URI):[^\s*]+$/.test(text);

/**
 * Reads who is believed about the addresses of others: by address, by the certificate of the connection, or by both. An address can
 * be had by whoever gets onto the network; a certificate has to be given to it. Throws GuardError.
 */
export const readBelieved = (
  { proxies, proxyNames, tls }: Pick<GuardOptions, 'proxies' | 'proxyNames' | 'tls'>,
  isProxy: IsProxy,
  now: Now,
): Believes => {
  const byAddress: Believes = ({ remoteAddress }) => {
    const address = normalAddress(remoteAddress ?? '');
    return address !== undefined && isProxy(address);
  };
  if (proxyNames === undefined) return byAddress;
  const wrong = proxyNames.find((name) => !isName(name));
  if (wrong !== undefined || proxyNames.length === 0)
    throw new GuardError(
      'guard/option-invalid',
      `proxyNames: ${JSON.stringify(wrong ?? proxyNames)} is no name of a certificate, as DNS:gateway`,
    );
  if (tls?.clients !== 'optional' && tls?.clients !== 'required')
    throw new GuardError(
      'guard/option-invalid',
      'proxyNames needs tls.clients, or no connection has a verified certificate',
    );
  const wanted = new Set<string>(
    proxyNames.map((name) => (name.startsWith('DNS:') ? `DNS:${name.slice(4).toLowerCase()}` : name)),
  );
  const known = new WeakMap<ClientCertificate, boolean>();
  return (socket) => {
    if (proxies !== undefined && proxies.length > 0 && !byAddress(socket)) return false;
    const held = certificateOf(socket, now());
    if (held === undefined) return false;
    let named = known.get(held);
    if (named === undefined) {
      named = namesOf(held.certificate).some((name) => wanted.has(name));
      known.set(held, named);
    }
    return named;
  };
};
