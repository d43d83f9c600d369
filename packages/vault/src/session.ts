import { type Clock, type Random, systemClock } from './clock.ts';
import type { VaultClient } from './client.ts';
import { VaultError, type VaultErrorCode, isVaultError } from './errors.ts';
import type { Secret } from './secret.ts';
import type { Grant } from './token.ts';

/** Something that happened to a session; holds no secret. */
export type SessionEvent =
  | { readonly type: 'logged-in' | 'renewed'; readonly ttl: number }
  | { readonly type: 'renewal-ended'; readonly code?: VaultErrorCode }
  | { readonly type: 'failed'; readonly code: VaultErrorCode | 'unknown'; readonly pause: number };

/** How a session logs in. */
export interface AppRoleSessionOptions {
  readonly roleId: string | (() => Promise<string>);
  /** Asked at each login, so that a secret-id that was replaced is picked up. */
  readonly secretId: () => Promise<Secret>;
  readonly mount?: string;
  readonly observe?: (event: SessionEvent) => void;
  /** Milliseconds: the longest first pause after a failure. */
  readonly firstPause?: number;
  /** Milliseconds: no pause after a failure is longer. */
  readonly longestPause?: number;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** A login that stays alive. */
export interface AppRoleSession {
  /**
   * A token that is alive: the current one, or a new one. Everybody who asks while a login is under way shares it; in the
   * pause after a failure the failure is repeated at once, so that an outage is not met with a storm of logins.
   */
  readonly token: () => Promise<Secret>;
  /** Forgets a token that the server refused although its time is not over, so that the next demand logs in. */
  readonly discard: (token: Secret) => void;
  /** Stops renewing and revokes the token, as far as the server answers. The client stays open. */
  readonly close: () => Promise<void>;
}

const unanswered: ReadonlySet<VaultErrorCode> = new Set([
  'vault/unreachable',
  'vault/timeout',
  'vault/tls',
  'vault/rate-limited',
  'vault/sealed',
  'vault/standby',
]);

interface Held {
  readonly token: Secret;
  /** Seconds that the login gave. */
  readonly ttl: number;
  readonly renewable: boolean;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

interface Failure {
  readonly error: unknown;
  /** Milliseconds since the epoch; no login is tried before. */
  readonly until: number;
}

/**
 * Milliseconds until a token of `ttl` seconds is renewed: two thirds of its life, less up to a tenth of it, so that
 * clients that started together drift apart.
 */
export const renewalDelay = (ttl: number, random: number): number => ttl * 1000 * (2 / 3 - random / 10);

/** Milliseconds to wait after the given number of failures in a row: doubling, with full jitter, never nothing. */
export const failurePause = (failures: number, first: number, longest: number, random: number): number =>
  Math.max(first / 10, random * Math.min(first * 2 ** (failures - 1), longest));

/**
 * Logs in with AppRole at the first demand, renews at two thirds of the token's life, and logs in again where the
 * renewal is denied or gives too little.
 *
 * @example
 * const session = createAppRoleSession(client, { roleId, secretId: () => readSecretId() });
 * const authenticated = client.withToken(session.token);
 */
export const createAppRoleSession = (client: VaultClient, options: AppRoleSessionOptions): AppRoleSession => {
  const { clock = systemClock, random = Math.random, firstPause = 500, longestPause = 60_000 } = options;
  const observe = options.observe ?? (() => undefined);
  const closing = new AbortController();
  const { signal } = closing;
  let held: Held | undefined;
  let login: Promise<Held> | undefined;
  let failure: Failure | undefined;
  const lastFailure = (): Failure | undefined => failure;
  let failures = 0;

  const hold = (grant: Grant): Held => ({
    token: grant.token,
    ttl: grant.ttl,
    renewable: grant.renewable,
    expiresAt: grant.ttl === 0 ? Number.POSITIVE_INFINITY : clock.now() + grant.ttl * 1000,
  });
  const alive = (): Held | undefined => (held !== undefined && clock.now() < held.expiresAt ? held : undefined);
  const failed = (error: unknown): number => {
    failures += 1;
    const pause = failurePause(failures, firstPause, longestPause, random());
    observe({ type: 'failed', code: isVaultError(error) ? error.code : 'unknown', pause });
    return pause;
  };

  const logIn = async (): Promise<Held> => {
    try {
      const roleId = typeof options.roleId === 'string' ? options.roleId : await options.roleId();
      const grant = await client.approle(options.mount).login(roleId, await options.secretId(), { signal });
      failures = 0;
      failure = undefined;
      held = hold(grant);
      observe({ type: 'logged-in', ttl: grant.ttl });
      return held;
    } catch (error) {
      if (!signal.aborted) failure = { error, until: clock.now() + failed(error) };
      throw error;
    }
  };
  const loginOnce = (): Promise<Held> => {
    login ??= logIn().finally(() => {
      login = undefined;
    });
    return login;
  };

  /** True where the token lives on; false where a new login is needed. */
  const renew = async (current: Held): Promise<boolean> => {
    if (!current.renewable) return false;
    try {
      const grant = await client.withToken(current.token).token.renewSelf(undefined, { signal });
      failures = 0;
      // Near its maximal life a token is renewed for ever shorter times: a new one is better than a rush of renewals.
      if (grant.ttl * 2 <= current.ttl) {
        observe({ type: 'renewal-ended' });
        return false;
      }
      held = { ...hold(grant), ttl: current.ttl };
      observe({ type: 'renewed', ttl: grant.ttl });
      return true;
    } catch (error) {
      // Servers say no in several ways, 403, 400 and 500 among them; where they cannot be asked, the token is still good.
      if (!isVaultError(error) || unanswered.has(error.code)) throw error;
      observe({ type: 'renewal-ended', code: error.code });
      return false;
    }
  };

  const keepAlive = async (): Promise<void> => {
    // True where a renewal failed: the next one is tried after the pause, not after a part of what is left.
    let overdue = false;
    while (!signal.aborted) {
      const current = alive();
      try {
        if (current === undefined) await loginOnce();
        else {
          const rest = (current.expiresAt - clock.now()) / 1000;
          if (rest === Number.POSITIVE_INFINITY) return;
          if (!overdue) await clock.sleep(renewalDelay(rest, random()), signal);
          // Another one in the meantime, where somebody discarded it.
          if (alive() === current && !(await renew(current))) await loginOnce();
        }
        overdue = false;
      } catch (error) {
        if (signal.aborted) return;
        // A failed login has counted and set the pause already.
        overdue = true;
        const last = lastFailure();
        const pause =
          last !== undefined && last.error === error ? Math.max(0, last.until - clock.now()) : failed(error);
        await clock.sleep(pause, signal).catch(() => undefined);
      }
    }
  };
  let keeper: Promise<void> | undefined;

  return {
    token: async () => {
      if (signal.aborted) throw new VaultError('vault/session-closed', { message: 'the session was closed' });
      const current = alive();
      if (current !== undefined) return current.token;
      if (failure !== undefined && clock.now() < failure.until) throw failure.error;
      const fresh = await loginOnce();
      keeper ??= keepAlive();
      return fresh.token;
    },
    discard: (token) => {
      if (held?.token === token) held = undefined;
    },
    close: async () => {
      if (signal.aborted) return;
      closing.abort(new VaultError('vault/session-closed', { message: 'the session was closed' }));
      await keeper;
      await login?.catch(() => undefined);
      const current = alive();
      held = undefined;
      if (current !== undefined)
        await client
          .withToken(current.token)
          .token.revokeSelf({ timeout: 2_000 })
          .catch(() => undefined);
    },
  };
};
