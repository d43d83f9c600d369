import { Client, type ClientConfig } from 'pg';
import type { Answer } from '../../contracts/evidence.ts';
import type { Endpoint } from '../../contracts/runtime.ts';
import type { ProbeTarget } from '../../contracts/service-kind.ts';
import { withTimeout } from '../../support/concurrency.ts';
import { writtenLogins } from './consumers.ts';
import type { AuthenticationReply } from './evidence.ts';
import { administrator, firstDatabase } from './image.ts';

/** Logins at most: enough for the well-known pairs, too few to lock anybody out. */
const most = 8;

/** Milliseconds for one login. */
const bound = 5000;

const asksForPassword = ({ reply }: AuthenticationReply): boolean =>
  reply === 'trust' || reply === 'password' || reply === 'md5' || reply === 'scram';

/** Names, among errors, those that come after the password was found right. Source: PostgreSQL documentation, appendix A. */
const afterAuthentication = new Set(['3D000', '42501', '55000']);
const wrongPassword = new Set(['28P01', '28000']);

const codeOf = (thrown: unknown): string =>
  typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : '';

const isOpen = (known: readonly AuthenticationReply[], user: string): boolean =>
  known.some((reply) => reply.user === user && asksForPassword(reply));

/** Pairs to try, those of an earlier posture and the written ones first, each once. */
const pairsOf = ({
  stack,
  service,
  formerCredentials,
}: ProbeTarget): readonly { readonly user: string; readonly password: string }[] => {
  const admin = administrator(service);
  const pairs = [
    ...(formerCredentials?.logins ?? [])
      .filter((login) => login.service === service.name)
      .map(({ username, password }) => ({ user: username, password: password.reveal() })),
    ...writtenLogins(stack, service),
    ...[...new Set([admin, 'postgres'])].flatMap((user) =>
      [...new Set(['postgres', 'password', user])].map((password) => ({ user, password })),
    ),
  ];
  return pairs
    .filter(
      (pair, index) =>
        pairs.findIndex(({ user, password }) => user === pair.user && password === pair.password) === index,
    )
    .slice(0, most);
};

/** True where the pair gets in. Throws where the server could not decide. */
const opens = async (config: ClientConfig, signal: AbortSignal): Promise<boolean> => {
  const client = new Client({ ...config, connectionTimeoutMillis: bound });
  client.on('error', () => undefined);
  try {
    await withTimeout(bound, signal, () => client.connect());
    return true;
  } catch (thrown) {
    signal.throwIfAborted();
    if (wrongPassword.has(codeOf(thrown))) return false;
    if (afterAuthentication.has(codeOf(thrown))) return true;
    throw thrown;
  } finally {
    await client.end().catch(() => undefined);
  }
};

/**
 * Tries to log in with default passwords and with those that the project's files hold in the clear. The answer names
 * users alone. A user whom the server refuses before it asks for a password is not tried.
 */
export const tryLogins = async (
  target: ProbeTarget,
  endpoint: Endpoint,
  replies: {
    readonly plaintext: Answer<readonly AuthenticationReply[]>;
    readonly encrypted: Answer<readonly AuthenticationReply[]>;
  },
  signal: AbortSignal,
): Promise<{ readonly tried: number; readonly accepted: readonly string[] }> => {
  const { plaintext, encrypted } = replies;
  if (!plaintext.known) throw new Error(plaintext.why);
  if (!encrypted.known) throw new Error(encrypted.why);
  const accepted = new Set<string>();
  let tried = 0;
  for (const { user, password } of pairsOf(target)) {
    const bare = isOpen(plaintext.value, user);
    if (accepted.has(user) || (!bare && !isOpen(encrypted.value, user))) continue;
    tried += 1;
    const ssl = bare ? false : { rejectUnauthorized: false };
    const { host, port } = endpoint;
    if (await opens({ host, port, user, password, database: firstDatabase(target.service), ssl }, signal))
      accepted.add(user);
  }
  return { tried, accepted: [...accepted] };
};
