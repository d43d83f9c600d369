import type { Secret } from '@palisade/vault/secret';
import type { CertificateBundle } from '../tls/certificates.ts';

/** A host and its port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How to log in to one of the stack's servers. */
export interface Login extends Address {
  /** The other nodes, where the server is a cluster. */
  readonly nodes?: readonly Address[];
  /** The database or virtual host, where the server has several. */
  readonly database?: string;
  /** Absent where the server asks nobody. */
  readonly username?: string;
  readonly password?: Secret;
  /** The identity to show and the authorities to believe; the name of the server is always verified. Absent: no TLS. */
  readonly tls?: CertificateBundle;
}

/** Where a login comes from. Reading it again may give another one: credentials and certificates rotate. */
export interface Credentials {
  readonly read: (signal: AbortSignal) => Promise<Login>;
}

const addressesOf = (login: Login): string =>
  [login, ...(login.nodes ?? [])].map(({ host, port }) => `${host}:${port}`).join();

/** Tells whether two logins lead to the same server as the same client. */
export const sameLogin = (a: Login, b: Login): boolean =>
  addressesOf(a) === addressesOf(b) &&
  a.database === b.database &&
  a.username === b.username &&
  a.password?.reveal() === b.password?.reveal() &&
  a.tls?.cert === b.tls?.cert &&
  a.tls?.key === b.tls?.key &&
  a.tls?.ca === b.tls?.ca;
