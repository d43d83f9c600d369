import { X509Certificate, createPrivateKey } from 'node:crypto';
import { type CallOptions, type VaultClient, createCertificateRequest } from '@palisade/vault';
import type { CertificateIssue } from '../../../contracts/change.ts';
import { type Clock, systemClock } from '../../../support/clock.ts';
import { type Owner, installBundle, readBundle } from './bundle.ts';
import { error } from './errors.ts';
import { inStep } from './in-step.ts';
import { certificateTtl } from './pki-roles.ts';

/** Which certificate is wanted. */
export type CertificateWish = Pick<CertificateIssue, 'role' | 'usage' | 'commonName' | 'alternativeNames' | 'expects'>;

/** How a certificate is issued. */
export interface IssueOptions {
  /** The account that reads the key; that of this process where absent. */
  readonly owner?: Owner;
  /** Seconds of life; 720 hours where absent. */
  readonly ttl?: number;
  readonly clock?: Clock;
  readonly call?: CallOptions;
}

/** What happened, and how long the certificate lasts that is there now. */
export interface IssueOutcome {
  readonly outcome: 'unchanged' | 'done';
  /** Hexadecimal, as X.509 tools print it. */
  readonly serial: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Puts `cert.pem` (leaf and intermediate), `key.pem` (0600) and `ca.pem` (root) into a directory, unless what is there
 * is good: of the current authorities, of these names and this usage, with its key, and with enough of its life left. The
 * key is made here and never leaves the directory. What the PKI signed is checked before it is installed.
 *
 * @param client a client that may use `pki_int/sign/<role>`
 * @throws `vault-bootstrap/certificate-wrong` where something else was signed than asked for,
 * `vault-bootstrap/request-failed` where the PKI refuses or does not answer
 */
export const issueCertificate = (
  client: VaultClient,
  change: CertificateWish,
  directory: string,
  options: IssueOptions = {},
): Promise<IssueOutcome> => inStep(`certificate of ${change.role}`, () => issue(client, change, directory, options));

/** As `issueCertificate`, with the errors of the client as they are. */
export const issue = async (
  client: VaultClient,
  change: CertificateWish,
  directory: string,
  options: IssueOptions,
): Promise<IssueOutcome> => {
  const { clock = systemClock, call = {}, ttl = certificateTtl } = options;
  const root = rootOf(await client.pki('pki_int').caChain(call));
  if (root === undefined)
    throw error('vault-bootstrap/certificate-wrong', {
      role: change.role,
      why: 'the intermediate authority has no chain up to a root',
    });
  const found = await readBundle(directory);
  if (found !== undefined && found.authority.trim() === root.toString().trim()) {
    const problem = problemOf(found.certificate, found.key, root, change, clock.now());
    const [leaf] = certificatesOf(found.certificate);
    if (problem === undefined && leaf !== undefined && lifeLeft(leaf, clock.now()) >= change.expects.remainingLife)
      return outcomeOf('unchanged', leaf);
  }
  const { request, key } = createCertificateRequest(change);
  const signed = await client
    .pki('pki_int')
    .sign(
      change.role,
      { csr: request, commonName: change.commonName, alternativeNames: change.alternativeNames, ttl },
      call,
    );
  const certificate = `${signed.certificate.trim()}\n${signed.issuer.trim()}\n`;
  const problem = problemOf(certificate, key.reveal(), root, change, clock.now());
  if (problem !== undefined) throw error('vault-bootstrap/certificate-wrong', { role: change.role, why: problem });
  await installBundle(directory, { certificate, key, authority: `${root.toString().trim()}\n` }, options.owner);
  return outcomeOf('done', new X509Certificate(signed.certificate));
};

const outcomeOf = (outcome: IssueOutcome['outcome'], leaf: X509Certificate): IssueOutcome => ({
  outcome,
  serial: leaf.serialNumber,
  expiresAt: leaf.validToDate.getTime(),
});

/** The certificates of a PEM text; none where one of them cannot be read. */
export const certificatesOf = (text: string): readonly X509Certificate[] => {
  try {
    return (text.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? []).map(
      (one) => new X509Certificate(one),
    );
  } catch {
    return [];
  }
};

const rootOf = (chain: string | undefined): X509Certificate | undefined =>
  certificatesOf(chain ?? '').find((one) => one.ca && one.checkIssued(one) && one.verify(one.publicKey));

/** The part of its life that a certificate has left, from 1 down to 0 and below. */
const lifeLeft = (certificate: X509Certificate, now: number): number => {
  const [from, to] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()];
  return (to - now) / (to - from);
};

const usages = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;

/** Why a certificate with its key is not what was asked for; undefined where it is. */
const problemOf = (
  text: string,
  key: string,
  root: X509Certificate,
  wanted: Pick<CertificateIssue, 'usage' | 'commonName' | 'alternativeNames'>,
  now: number,
): string | undefined => {
  const [leaf, intermediate] = certificatesOf(text);
  if (leaf === undefined || intermediate === undefined) return 'it has no intermediate';
  if (!intermediate.ca || !leaf.checkIssued(intermediate) || !leaf.verify(intermediate.publicKey))
    return 'it is not of its intermediate';
  if (!intermediate.checkIssued(root) || !intermediate.verify(root.publicKey))
    return 'its intermediate is not of the root';
  if (leaf.subject !== `CN=${wanted.commonName}`) return 'it has another common name';
  const names = new Set((leaf.subjectAltName ?? '').split(', ').filter((one) => one !== ''));
  const wantedNames = new Set(wanted.alternativeNames.map((one) => `DNS:${one}`));
  if (names.size !== wantedNames.size || [...wantedNames].some((one) => !names.has(one))) return 'it has other names';
  if (leaf.keyUsage.length !== 1 || leaf.keyUsage[0] !== usages[wanted.usage]) return 'it has another usage';
  if (lifeLeft(leaf, now) <= 0 || leaf.validFromDate.getTime() > now) return 'it is not valid now';
  try {
    if (!leaf.checkPrivateKey(createPrivateKey(key))) return 'it belongs to another key';
  } catch {
    return 'its key cannot be read';
  }
  return undefined;
};
