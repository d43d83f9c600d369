import { connect } from 'node:tls';
import { type CallOptions, type VaultClient, createSelfSignedCertificate } from '@palisade/vault';
import { type Clock, systemClock } from '../../../support/clock.ts';
import { withTimeout } from '../../../support/concurrency.ts';
import { type Owner, authoritiesOf, installBundle, keepCurrentVersion, readBundle } from './bundle.ts';
import { type CertificateWish, certificatesOf, issue } from './certificate.ts';
import { error } from './errors.ts';

/** Milliseconds: the life of the certificate that stands in until the PKI is there. */
const standInLife = 48 * 3_600_000;

/** The TLS listener of the server. */
export interface Listener {
  /** Holds `cert.pem` and `key.pem` that the configuration names. */
  readonly directory: string;
  readonly certificate: CertificateWish;
  /** Makes the server reread its certificate. */
  readonly reload: () => Promise<void>;
  readonly owner?: Owner;
}

/**
 * Writes a certificate that the server signs itself, valid for two days, where its listener expects one, unless there is
 * one that is valid: the server cannot start without, and its PKI cannot sign before it has started.
 */
export const bootstrapListenerCertificate = async (
  directory: string,
  names: { readonly commonName: string; readonly alternativeNames: readonly string[] },
  options: { readonly owner?: Owner; readonly clock?: Clock } = {},
): Promise<'unchanged' | 'done'> => {
  const now = (options.clock ?? systemClock).now();
  const [leaf] = certificatesOf((await readBundle(directory))?.certificate ?? '');
  if (leaf !== undefined && leaf.validToDate.getTime() > now) return 'unchanged';
  const { certificate, key } = createSelfSignedCertificate(names, {
    notBefore: now - 60_000,
    notAfter: now + standInLife,
  });
  await installBundle(directory, { certificate, key, authority: certificate }, options.owner);
  return 'done';
};

/** PEM of what to trust when calling the server: the root, and the stand-in for as long as the server may present it. */
export const listenerAuthorities = (directory: string): Promise<string> => authoritiesOf(directory);

/**
 * Replaces the certificate of the listener by one of the PKI where that is due, has the server reload it, and proves on
 * a new connection that the server presents it; only then is the stand-in trusted no more. True where something changed.
 *
 * @throws `vault-bootstrap/listener-not-reloaded`
 */
export const renewListener = async (
  client: VaultClient,
  listener: Listener,
  context: { readonly clock: Clock; readonly call: CallOptions & { readonly signal: AbortSignal } },
): Promise<boolean> => {
  const { clock, call } = context;
  const { outcome, serial } = await issue(client, listener.certificate, listener.directory, {
    clock,
    call,
    ...(listener.owner === undefined ? {} : { owner: listener.owner }),
  });
  const trust = await authoritiesOf(listener.directory);
  let reloaded = false;
  const deadline = clock.now() + 30_000;
  while ((await presentedSerial(client.address, trust, call.signal)) !== serial) {
    if (clock.now() > deadline) throw error('vault-bootstrap/listener-not-reloaded', { address: client.address });
    if (!reloaded) await listener.reload();
    reloaded = true;
    await clock.sleep(50, call.signal);
  }
  await keepCurrentVersion(listener.directory);
  return reloaded || outcome === 'done';
};

/** Serial number of the certificate that a server presents on a new connection; undefined where there is none. */
const presentedSerial = async (
  address: string,
  authorities: string,
  outer: AbortSignal,
): Promise<string | undefined> => {
  const { hostname, port } = new URL(address);
  try {
    return await withTimeout(5_000, outer, async (signal) => {
      const socket = connect({
        host: hostname,
        port: Number(port === '' ? 443 : port),
        servername: hostname,
        ca: authorities,
      });
      const end = (): void => void socket.destroy(new Error('aborted'));
      signal.addEventListener('abort', end, { once: true });
      try {
        return await new Promise<string | undefined>((resolve, reject) => {
          socket.once('secureConnect', () => resolve(socket.getPeerX509Certificate()?.serialNumber));
          socket.once('error', reject);
        });
      } finally {
        signal.removeEventListener('abort', end);
        socket.destroy();
      }
    });
  } catch {
    outer.throwIfAborted();
    return undefined;
  }
};
