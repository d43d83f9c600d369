import type { ProbeTarget } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { settingsOf, valueOf } from './posture.ts';

/** Logins at most: enough for the well-known ones, too few to be a burden. */
const most = 8;

/** Passwords of examples and tutorials. */
const common = ['redis', 'password', 'foobared'];

const fromUrl = (value: string, service: string): { readonly user: string; readonly password: string } | undefined => {
  const url = /^(?:redis|rediss|valkey|valkeys):\/\//.test(value) ? URL.parse(value.replace(/^[^:]+/, 'redis')) : null;
  if (url === null || url.hostname !== service || url.password === '') return undefined;
  return {
    user: url.username === '' ? 'default' : decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
};

/** One login. */
interface Pair {
  readonly user: string;
  readonly password: string;
}

/** The logins that the project's files hold in the clear. A server of which they say nothing lets `default` in with any password. */
export const writtenLogins = (stack: Stack, service: Service): readonly Pair[] => {
  const written = valueOf(settingsOf(stack, service)('requirepass'), '') ?? '';
  const pairs = [
    ...(written === '' ? [] : [{ user: 'default', password: written }]),
    ...['REDIS_PASSWORD', 'REDISCLI_AUTH'].flatMap((name) => {
      const value = service.environment.get(name)?.value;
      return value === undefined || value === null || value === '' ? [] : [{ user: 'default', password: value }];
    }),
    ...[...stack.services.values()].flatMap(({ environment }) =>
      [...environment.values()].flatMap(({ value }) => (value === null ? [] : (fromUrl(value, service.name) ?? []))),
    ),
  ];
  return pairs.length === 0 ? [{ user: 'default', password: '' }] : pairs;
};

/** Pairs that are no secret: of an earlier posture, written in the files, and of everybody's examples; each once. */
export const knownPasswords = ({ stack, service, formerCredentials }: ProbeTarget): readonly Pair[] => {
  const pairs = [
    ...(formerCredentials?.logins ?? [])
      .filter((login) => login.service === service.name)
      .map(({ username, password }) => ({ user: username, password: password.reveal() })),
    ...writtenLogins(stack, service).filter(({ password }) => password !== ''),
    ...common.map((password) => ({ user: 'default', password })),
  ];
  return pairs
    .filter(
      (pair, index) =>
        pairs.findIndex(({ user, password }) => user === pair.user && password === pair.password) === index,
    )
    .slice(0, most);
};
