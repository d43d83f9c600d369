import { type CallOptions, type RequestValue, type Send, listKeys, unlessMissing } from './call.ts';
import { VaultError } from './errors.ts';
import type { Fields } from './fields.ts';
import { type GenerateRoot, generateRoot } from './generate-root.ts';
import type { Secret } from './secret.ts';
import { type Wrapping, wrapping } from './wrapping.ts';

/** How a server is. Sources: https://openbao.org/api-docs/system/health/ and Vault's page of the same name. */
export type Health =
  | 'active'
  | 'standby'
  | 'performance-standby'
  | 'disaster-recovery-secondary'
  | 'standby-without-active'
  | 'removed'
  | 'uninitialized'
  | 'sealed';

/** The answer of `sys/seal-status`. */
export interface SealStatus {
  readonly initialized: boolean;
  readonly sealed: boolean;
  readonly shares: number;
  readonly threshold: number;
  /** Shares that were given towards the threshold so far. */
  readonly progress: number;
  readonly version: string;
}

/** What `sys/init` hands out, once. */
export interface InitResult {
  /** Base64. */
  readonly shares: readonly Secret[];
  readonly rootToken: Secret;
}

/** A secrets engine or an authentication method at a path. */
export interface Mount {
  readonly type: string;
  readonly options: ReadonlyMap<string, string>;
  /** Seconds; 0 where the default of the server holds. */
  readonly maxLeaseTtl: number;
}

/** An audit device. */
export interface AuditDevice {
  readonly type: string;
  readonly options: ReadonlyMap<string, string>;
}

/** Functions below `sys/`. */
export interface Sys {
  /** Answers for a server in any state. A rate limit answer is an error, though it has the status of a standby. */
  readonly health: (options?: CallOptions) => Promise<{ readonly health: Health; readonly version: string }>;
  readonly sealStatus: (options?: CallOptions) => Promise<SealStatus>;
  /** Never tried again: the answer is the only copy of the shares. */
  readonly init: (
    parameters: { readonly shares: number; readonly threshold: number },
    options?: CallOptions,
  ) => Promise<InitResult>;
  readonly unseal: (share: Secret, options?: CallOptions) => Promise<SealStatus>;
  readonly seal: (options?: CallOptions) => Promise<void>;
  /** By path, with a slash at the end. */
  readonly mounts: (options?: CallOptions) => Promise<ReadonlyMap<string, Mount>>;
  readonly enableMount: (
    path: string,
    mount: {
      readonly type: string;
      readonly options?: { readonly [name: string]: string };
      readonly maxLeaseTtl?: number;
    },
    options?: CallOptions,
  ) => Promise<void>;
  readonly tuneMount: (path: string, tuning: { readonly maxLeaseTtl: number }, options?: CallOptions) => Promise<void>;
  /** By path, with a slash at the end. */
  readonly authMethods: (options?: CallOptions) => Promise<ReadonlyMap<string, Mount>>;
  readonly enableAuth: (path: string, type: string, options?: CallOptions) => Promise<void>;
  readonly listPolicies: (options?: CallOptions) => Promise<string[]>;
  /** The text of a policy; undefined where there is none. */
  readonly readPolicy: (name: string, options?: CallOptions) => Promise<string | undefined>;
  readonly writePolicy: (name: string, text: string, options?: CallOptions) => Promise<void>;
  readonly deletePolicy: (name: string, options?: CallOptions) => Promise<void>;
  /** By path, with a slash at the end. */
  readonly auditDevices: (options?: CallOptions) => Promise<ReadonlyMap<string, AuditDevice>>;
  /** OpenBao refuses it with `vault/invalid-request` unless its configuration allows it. */
  readonly enableAudit: (
    path: string,
    device: { readonly type: string; readonly options: { readonly [name: string]: string } },
    options?: CallOptions,
  ) => Promise<void>;
  /** What the token of the call may do, by path. */
  readonly capabilitiesSelf: (
    paths: readonly string[],
    options?: CallOptions,
  ) => Promise<ReadonlyMap<string, readonly string[]>>;
  readonly wrapping: Wrapping;
  readonly generateRoot: GenerateRoot;
}

/** Milliseconds. A raft server elects itself first, which takes ten seconds and more with the default settings. */
const initialisationTimeout = 120_000;

const healthByStatus = new Map<number, Health>([
  [200, 'active'],
  [429, 'standby'],
  [472, 'disaster-recovery-secondary'],
  [473, 'performance-standby'],
  [474, 'standby-without-active'],
  [501, 'uninitialized'],
  [503, 'sealed'],
  [530, 'removed'],
]);

const sealStatusOf = (body: Fields): SealStatus => ({
  initialized: body.boolean('initialized'),
  sealed: body.boolean('sealed'),
  shares: body.number('n'),
  threshold: body.number('t'),
  progress: body.number('progress'),
  version: body.text('version'),
});

const textsOf = (fields: Fields | undefined): ReadonlyMap<string, string> =>
  new Map(fields?.names().map((name) => [name, String(fields.raw(name))]));

const mountsOf = (data: Fields): ReadonlyMap<string, Mount> =>
  new Map(
    data.names().map((path) => {
      const mount = data.fields(path);
      return [
        path,
        {
          type: mount.text('type'),
          options: textsOf(mount.optionalFields('options')),
          maxLeaseTtl: mount.optionalFields('config')?.optionalNumber('max_lease_ttl') ?? 0,
        },
      ];
    }),
  );

/** Seconds as Vault reads a duration. */
const seconds = (value: number): string => `${value}s`;

/** The functions below `sys/`. */
export const sys = (send: Send): Sys => {
  const write = async (
    path: string,
    body: { readonly [name: string]: RequestValue },
    options?: CallOptions,
  ): Promise<void> => {
    await send({ method: 'POST', path, body }, options);
  };
  return {
    health: async (options) => {
      const answer = await send(
        { method: 'GET', path: 'sys/health', token: null, accept: [...healthByStatus.keys()] },
        options,
      );
      const health = healthByStatus.get(answer.status);
      if (health === undefined || !answer.body.has('initialized'))
        throw new VaultError(answer.status === 429 ? 'vault/rate-limited' : 'vault/unexpected-answer', {
          message: `GET sys/health: status ${answer.status} without the state of a server`,
          status: answer.status,
        });
      return { health, version: answer.body.optionalText('version') ?? '' };
    },
    sealStatus: async (options) =>
      sealStatusOf((await send({ method: 'GET', path: 'sys/seal-status', token: null }, options)).body),
    init: async ({ shares, threshold }, options) => {
      const { body } = await send(
        { method: 'POST', path: 'sys/init', token: null, body: { secret_shares: shares, secret_threshold: threshold } },
        { timeout: initialisationTimeout, ...options },
      );
      return { shares: body.secrets('keys_base64'), rootToken: body.secret('root_token') };
    },
    unseal: async (share, options) =>
      sealStatusOf(
        (await send({ method: 'POST', path: 'sys/unseal', token: null, body: { key: share } }, options)).body,
      ),
    seal: (options) => write('sys/seal', {}, options),
    mounts: async (options) => mountsOf((await send({ method: 'GET', path: 'sys/mounts' }, options)).data()),
    enableMount: (path, mount, options) =>
      write(
        `sys/mounts/${path}`,
        {
          type: mount.type,
          ...(mount.options === undefined ? {} : { options: mount.options }),
          ...(mount.maxLeaseTtl === undefined ? {} : { config: { max_lease_ttl: seconds(mount.maxLeaseTtl) } }),
        },
        options,
      ),
    tuneMount: (path, { maxLeaseTtl }, options) =>
      write(`sys/mounts/${path}/tune`, { max_lease_ttl: seconds(maxLeaseTtl) }, options),
    authMethods: async (options) => mountsOf((await send({ method: 'GET', path: 'sys/auth' }, options)).data()),
    enableAuth: (path, type, options) => write(`sys/auth/${path}`, { type }, options),
    listPolicies: (options) => listKeys(send, 'sys/policies/acl', options),
    readPolicy: async (name, options) => {
      const answer = await unlessMissing(send({ method: 'GET', path: `sys/policies/acl/${name}` }, options));
      return answer?.data().text('policy');
    },
    writePolicy: (name, text, options) => write(`sys/policies/acl/${name}`, { policy: text }, options),
    deletePolicy: async (name, options) => {
      await send({ method: 'DELETE', path: `sys/policies/acl/${name}` }, options);
    },
    auditDevices: async (options) => {
      const data = (await send({ method: 'GET', path: 'sys/audit' }, options)).data();
      return new Map(
        data.names().map((path) => {
          const device = data.fields(path);
          return [path, { type: device.text('type'), options: textsOf(device.optionalFields('options')) }];
        }),
      );
    },
    enableAudit: (path, device, options) => write(`sys/audit/${path}`, device, options),
    capabilitiesSelf: async (paths, options) => {
      const { data } = await send(
        { method: 'POST', path: 'sys/capabilities-self', body: { paths: [...paths] }, repeatable: true },
        options,
      );
      const byPath = data();
      return new Map(paths.map((path) => [path, byPath.texts(path)]));
    },
    wrapping: wrapping(send),
    generateRoot: generateRoot(send),
  };
};
