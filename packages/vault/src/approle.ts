import { type CallOptions, type RequestValue, type Send, listKeys, unlessMissing } from './call.ts';
import { VaultError, isVaultError } from './errors.ts';
import type { Fields } from './fields.ts';
import type { Secret } from './secret.ts';
import { type Grant, grantOf } from './token.ts';
import { type WrappedAnswer, wrappedAnswerOf } from './wrapping.ts';

/** An AppRole role. Durations are seconds. Source: https://openbao.org/api-docs/auth/approle/ */
export interface AppRole {
  readonly policies: readonly string[];
  readonly noDefaultPolicy: boolean;
  readonly tokenTtl: number;
  readonly tokenMaxTtl: number;
  readonly tokenBoundCidrs: readonly string[];
  readonly secretIdTtl: number;
  /** 0 for any number of logins. */
  readonly secretIdUses: number;
  readonly secretIdBoundCidrs: readonly string[];
}

/** A secret-id that was just made. */
export interface SecretId {
  readonly secretId: Secret;
  readonly accessor: string;
  /** Seconds; 0 where it does not end. */
  readonly ttl: number;
}

/** What the server knows about a secret-id. */
export interface SecretIdInformation {
  readonly accessor: string;
  readonly metadata: ReadonlyMap<string, string>;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Milliseconds since the epoch; undefined where it does not end. */
  readonly expiresAt: number | undefined;
}

/** Functions of one AppRole mount. */
export interface Approle {
  readonly listRoles: (options?: CallOptions) => Promise<string[]>;
  readonly readRole: (role: string, options?: CallOptions) => Promise<AppRole | undefined>;
  readonly writeRole: (role: string, definition: AppRole, options?: CallOptions) => Promise<void>;
  readonly readRoleId: (role: string, options?: CallOptions) => Promise<string | undefined>;
  readonly setRoleId: (role: string, roleId: string, options?: CallOptions) => Promise<void>;
  readonly createSecretId: (
    role: string,
    metadata: { readonly [name: string]: string },
    options?: CallOptions,
  ) => Promise<SecretId>;
  /** As `createSecretId`, but the answer comes in a wrapping token that lives for `wrapTtl` seconds. */
  readonly createWrappedSecretId: (
    role: string,
    metadata: { readonly [name: string]: string },
    wrapTtl: number,
    options?: CallOptions,
  ) => Promise<WrappedAnswer>;
  readonly listSecretIds: (role: string, options?: CallOptions) => Promise<string[]>;
  /** Undefined where it has ended or was destroyed. */
  readonly lookupSecretId: (
    role: string,
    accessor: string,
    options?: CallOptions,
  ) => Promise<SecretIdInformation | undefined>;
  /** As `lookupSecretId`, for one whose value is at hand: tells whether a delivered secret-id is still good. */
  readonly identifySecretId: (
    role: string,
    secretId: Secret,
    options?: CallOptions,
  ) => Promise<SecretIdInformation | undefined>;
  readonly destroySecretId: (role: string, accessor: string, options?: CallOptions) => Promise<void>;
  /**
   * Never tried again, because a secret-id may be good for one login only.
   *
   * @throws VaultError `vault/invalid-credentials` for a wrong pair, which servers answer with 400.
   */
  readonly login: (roleId: string, secretId: Secret, options?: CallOptions) => Promise<Grant>;
}

/** The secret-id in an answer that was unwrapped. */
export const secretIdOf = (data: Fields): SecretId => ({
  secretId: data.secret('secret_id'),
  accessor: data.text('secret_id_accessor'),
  ttl: data.optionalNumber('secret_id_ttl') ?? 0,
});

const roleOf = (data: Fields): AppRole => ({
  policies: data.texts('token_policies'),
  noDefaultPolicy: data.boolean('token_no_default_policy'),
  tokenTtl: data.number('token_ttl'),
  tokenMaxTtl: data.number('token_max_ttl'),
  tokenBoundCidrs: data.texts('token_bound_cidrs'),
  secretIdTtl: data.number('secret_id_ttl'),
  secretIdUses: data.number('secret_id_num_uses'),
  secretIdBoundCidrs: data.texts('secret_id_bound_cidrs'),
});

const timeOf = (text: string): number | undefined => {
  const time = Date.parse(text);
  // Year 1 is how the server says "never".
  return Number.isNaN(time) || time < 0 ? undefined : time;
};

const informationOf = (accessor: string, data: Fields): SecretIdInformation => {
  const metadata = data.optionalFields('metadata');
  return {
    accessor,
    metadata: new Map(metadata?.names().map((name) => [name, String(metadata.raw(name))])),
    createdAt: timeOf(data.text('creation_time')) ?? 0,
    expiresAt: timeOf(data.text('expiration_time')),
  };
};

/** The API takes the metadata as a JSON text within the JSON body. */
const secretIdBody = (metadata: { readonly [name: string]: string }): { readonly metadata: string } => ({
  metadata: JSON.stringify(metadata),
});

/** The functions of the AppRole mount `auth/<mount>`. */
export const approle = (send: Send, mount: string): Approle => {
  const rolePath = (role: string): string => `auth/${mount}/role/${role}`;
  const write = async (
    path: string,
    body: { readonly [name: string]: RequestValue },
    options?: CallOptions,
  ): Promise<void> => {
    await send({ method: 'POST', path, body }, options);
  };
  return {
    listRoles: (options) => listKeys(send, `auth/${mount}/role`, options),
    readRole: async (role, options) => {
      const answer = await unlessMissing(send({ method: 'GET', path: rolePath(role) }, options));
      return answer === undefined ? undefined : roleOf(answer.data());
    },
    writeRole: (role, definition, options) =>
      write(
        rolePath(role),
        {
          bind_secret_id: true,
          token_type: 'service',
          token_policies: [...definition.policies],
          token_no_default_policy: definition.noDefaultPolicy,
          token_ttl: definition.tokenTtl,
          token_max_ttl: definition.tokenMaxTtl,
          token_bound_cidrs: [...definition.tokenBoundCidrs],
          secret_id_ttl: definition.secretIdTtl,
          secret_id_num_uses: definition.secretIdUses,
          secret_id_bound_cidrs: [...definition.secretIdBoundCidrs],
        },
        options,
      ),
    readRoleId: async (role, options) => {
      const answer = await unlessMissing(send({ method: 'GET', path: `${rolePath(role)}/role-id` }, options));
      return answer?.data().text('role_id');
    },
    setRoleId: (role, roleId, options) => write(`${rolePath(role)}/role-id`, { role_id: roleId }, options),
    createSecretId: async (role, metadata, options) =>
      secretIdOf(
        (
          await send({ method: 'POST', path: `${rolePath(role)}/secret-id`, body: secretIdBody(metadata) }, options)
        ).data(),
      ),
    createWrappedSecretId: async (role, metadata, wrapTtl, options) =>
      wrappedAnswerOf(
        await send(
          { method: 'POST', path: `${rolePath(role)}/secret-id`, body: secretIdBody(metadata), wrapTtl },
          options,
        ),
      ),
    listSecretIds: (role, options) => listKeys(send, `${rolePath(role)}/secret-id`, options),
    lookupSecretId: async (role, accessor, options) => {
      const path = `${rolePath(role)}/secret-id-accessor/lookup`;
      let data: Fields;
      try {
        data = (
          await send({ method: 'POST', path, body: { secret_id_accessor: accessor }, repeatable: true }, options)
        ).data();
      } catch (error) {
        // OpenBao answers 404, older Vault 500 or 403 with this text.
        if (
          isVaultError(error, 'vault/not-found') ||
          (error instanceof VaultError && error.message.includes('failed to find accessor'))
        )
          return undefined;
        throw error;
      }
      return informationOf(accessor, data);
    },
    identifySecretId: async (role, secretId, options) => {
      const path = `${rolePath(role)}/secret-id/lookup`;
      const call = { method: 'POST', path, body: { secret_id: secretId }, repeatable: true } as const;
      // A secret-id that the server does not know has an empty answer, or 404.
      const data = (await unlessMissing(send(call, options)))?.body.optionalFields('data');
      return data === undefined ? undefined : informationOf(data.text('secret_id_accessor'), data);
    },
    destroySecretId: (role, accessor, options) =>
      write(`${rolePath(role)}/secret-id-accessor/destroy`, { secret_id_accessor: accessor }, options),
    login: async (roleId, secretId, options) =>
      grantOf(
        await send(
          {
            method: 'POST',
            path: `auth/${mount}/login`,
            token: null,
            body: { role_id: roleId, secret_id: secretId },
          },
          options,
        ),
      ),
  };
};
