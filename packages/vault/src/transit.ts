import { type CallOptions, type Send, unlessMissing } from './call.ts';

/** Functions of one transit mount that sign with a key which never leaves the server. */
export interface Transit {
  /** Makes an Ed25519 key that cannot be exported; does nothing where there is one. */
  readonly createKey: (name: string, options?: CallOptions) => Promise<void>;
  /** The public keys of its versions by number, as the base64 of their bytes; undefined where there is no such key. */
  readonly publicKeys: (name: string, options?: CallOptions) => Promise<ReadonlyMap<number, string> | undefined>;
  /** A signature (`vault:v1:…`) over the bytes. */
  readonly sign: (name: string, bytes: Uint8Array, options?: CallOptions) => Promise<string>;
  readonly verify: (name: string, bytes: Uint8Array, signature: string, options?: CallOptions) => Promise<boolean>;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** The functions of the transit mount at `mount`. */
export const transit = (send: Send, mount: string): Transit => ({
  createKey: async (name, options) => {
    await send({ method: 'POST', path: `${mount}/keys/${name}`, body: { type: 'ed25519' } }, options);
  },
  publicKeys: async (name, options) => {
    const answer = await unlessMissing(send({ method: 'GET', path: `${mount}/keys/${name}` }, options));
    const versions = answer?.data().fields('keys');
    return (
      versions &&
      new Map(versions.names().map((version) => [Number(version), versions.fields(version).text('public_key')]))
    );
  },
  sign: async (name, bytes, options) =>
    (await send({ method: 'POST', path: `${mount}/sign/${name}`, body: { input: base64(bytes) } }, options))
      .data()
      .text('signature'),
  verify: async (name, bytes, signature, options) =>
    (
      await send(
        {
          method: 'POST',
          path: `${mount}/verify/${name}`,
          body: { input: base64(bytes), signature },
          repeatable: true,
        },
        options,
      )
    )
      .data()
      .boolean('valid'),
});
