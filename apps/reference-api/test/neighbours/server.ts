import { mkdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Secret } from '@palisade/vault/secret';
import type { Authority } from '../../src/testing/certificates.ts';
import { type Child, until } from '../../src/testing/children.ts';

/** What a server is started with. */
export interface Start {
  /** A directory of its own, which is made. */
  readonly directory: string;
  /** Signs its certificate, and those of the clients that it lets in. */
  readonly authority: Authority;
  /** The one account, with the rights that Palisade gives to a consumer. Its name is that in its certificate, too. */
  readonly account: { readonly username: string; readonly password: Secret };
}

/** A server on loopback that speaks TLS alone and demands a client certificate and a login. */
export interface NeighbourServer {
  readonly port: number;
  /** The database or virtual host of the account, where the server has several. */
  readonly database?: string;
  readonly stop: () => Promise<void>;
}

/** Paths of the identity of a server, by the names of their files. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
  readonly authorities: string;
}

/** Makes the directory of a server, with a certificate in it. */
export const identityIn = async ({ directory, authority }: Start, name: string): Promise<Identity> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const certificates = join(directory, 'certs');
  await authority.issue(certificates, { name });
  const [certificate, key, authorities] = ['cert.pem', 'key.pem', 'ca.pem'].map((file) => join(certificates, file));
  if (certificate === undefined || key === undefined || authorities === undefined) throw new Error('three files');
  return { certificate, key, authorities };
};

/** Environment of every server: none of its settings comes from the outside. */
export const environmentIn = (directory: string): Readonly<Record<string, string>> => ({
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  HOME: directory,
});

/** Ends a server at once: what it has not written yet goes with its directory. */
export const end = async (child: Child): Promise<void> => {
  await child.stop('SIGKILL');
};

/** As whom the tests run, and what they start. */
export const ownName = (): string => userInfo().username;

/** Waits until a server has said that it takes connections; stops it where it does not within 60 s. */
export const untilSaid = async (child: Child, words: string): Promise<void> => {
  const ended = (): boolean => child.process.exitCode !== null;
  try {
    await until(() => ended() || child.output().includes(words), child.output, 60_000);
    if (ended()) throw new Error(`the server did not start: ${child.output()}`);
  } catch (error) {
    await end(child);
    throw error;
  }
};
