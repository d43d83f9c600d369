import { type CallOptions, type RequestValue, type Send, listKeys, unlessMissing } from './call.ts';
import { VaultError } from './errors.ts';
import { type Fields, readFields } from './fields.ts';
import type { Secret } from './secret.ts';

/** One version of an entry. */
export interface Kv2Entry {
  readonly version: number;
  /** Fields that are texts, each as a `Secret`. A field of another type makes the read fail. */
  readonly fields: ReadonlyMap<string, Secret>;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** What is kept about an entry beside its data. */
export interface Kv2Metadata {
  readonly currentVersion: number;
  /** Whether the current version can be read: false where it was deleted or destroyed. */
  readonly readable: boolean;
}

/** Functions of one KV version 2 mount. Paths are below the mount, without `data/`. */
export interface Kv2 {
  /** The current version, or the one asked for; undefined where there is none, or it was deleted. */
  readonly read: (path: string, options?: CallOptions & { readonly version?: number }) => Promise<Kv2Entry | undefined>;
  /**
   * Writes a version and gives its number. `checkAndSet` is the version that has to be the current one; 0 where there
   * may be none. After a deletion it is the number of the deleted one.
   *
   * @throws VaultError `vault/check-and-set-mismatch` where somebody was faster.
   */
  readonly write: (
    path: string,
    fields: { readonly [name: string]: Secret | string },
    options?: CallOptions & { readonly checkAndSet?: number },
  ) => Promise<number>;
  /** Deletes the current version; it can be restored. */
  readonly delete: (path: string, options?: CallOptions) => Promise<void>;
  /** Names below a path; the empty text lists the mount. Folders end in a slash. */
  readonly list: (path: string, options?: CallOptions) => Promise<string[]>;
  readonly metadata: (path: string, options?: CallOptions) => Promise<Kv2Metadata | undefined>;
  /** Removes all versions and the metadata for good. */
  readonly destroyAll: (path: string, options?: CallOptions) => Promise<void>;
}

const secretsOf = (data: Fields): ReadonlyMap<string, Secret> =>
  new Map(data.names().map((name) => [name, data.secret(name)]));

/** The functions of the KV version 2 mount at `mount`. */
export const kv2 = (send: Send, mount: string): Kv2 => ({
  read: async (path, { version, ...options } = {}) => {
    const answer = await send(
      {
        method: 'GET',
        path: `${mount}/data/${path}`,
        ...(version === undefined ? {} : { query: { version: String(version) } }),
        accept: [404],
      },
      options,
    );
    const outer = answer.body.optionalFields('data');
    const data = outer?.optionalFields('data');
    if (answer.status === 404 && answer.body.texts('errors').length > 0)
      throw new VaultError('vault/not-found', { message: `GET ${mount}/data/${path}: no such mount`, status: 404 });
    if (outer === undefined || data === undefined) return undefined;
    const metadata = outer.fields('metadata');
    return {
      version: metadata.number('version'),
      fields: secretsOf(data),
      createdAt: Date.parse(metadata.text('created_time')),
    };
  },
  write: async (path, fields, { checkAndSet, ...options } = {}) => {
    const body: { readonly [name: string]: RequestValue } = {
      data: fields,
      ...(checkAndSet === undefined ? {} : { options: { cas: checkAndSet } }),
    };
    const { data } = await send({ method: 'POST', path: `${mount}/data/${path}`, body }, options);
    return data().number('version');
  },
  delete: async (path, options) => {
    await send({ method: 'DELETE', path: `${mount}/data/${path}` }, options);
  },
  list: (path, options) => listKeys(send, path === '' ? `${mount}/metadata` : `${mount}/metadata/${path}`, options),
  metadata: async (path, options) => {
    const answer = await unlessMissing(send({ method: 'GET', path: `${mount}/metadata/${path}` }, options));
    if (answer === undefined) return undefined;
    const data = answer.data();
    const currentVersion = data.number('current_version');
    const current = readFields(data.fields('versions').raw(String(currentVersion)), `GET ${mount}/metadata/${path}`);
    const deleted = current.has('deletion_time') && current.text('deletion_time') !== '';
    return {
      currentVersion,
      readable: current.has('destroyed') && !current.boolean('destroyed') && !deleted,
    };
  },
  destroyAll: async (path, options) => {
    await send({ method: 'DELETE', path: `${mount}/metadata/${path}` }, options);
  },
});
