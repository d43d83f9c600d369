import type { ProbeTarget } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { writtenLogins } from './consumers.ts';

/** Logins at most: enough for the well-known ones, too few to be a burden. */
const most = 8;

/** Users of the server's first start, of examples and of tutorials. */
const common: readonly (readonly [user: string, password: string])[] = [
  ['guest', 'guest'],
  ['admin', 'admin'],
  ['rabbitmq', 'rabbitmq'],
  ['user', 'password'],
];

/** One login. */
interface Pair {
  readonly user: string;
  readonly password: string;
}

/** The logins that the project's files hold in the clear, and the one of the server's first start where they change nothing of it. */
export const writtenPasswords = (stack: Stack, service: Service): readonly Pair[] => {
  const first = service.environment.get('RABBITMQ_DEFAULT_USER')?.value ?? 'guest';
  const written = service.environment.get('RABBITMQ_DEFAULT_PASS')?.value ?? '';
  return [
    ...(written === '' && first !== 'guest' ? [] : [{ user: first, password: written === '' ? 'guest' : written }]),
    ...[...stack.services.values()].flatMap((caller) =>
      writtenLogins(caller, service.name).filter(({ user }) => user !== ''),
    ),
  ];
};

/** Pairs that are no secret: of an earlier posture, written in the files, and of everybody's examples; each once. */
export const knownPasswords = ({ stack, service, formerCredentials }: ProbeTarget): readonly Pair[] => {
  const pairs = [
    ...common.slice(0, 1).map(([user, password]) => ({ user, password })),
    ...(formerCredentials?.logins ?? [])
      .filter((login) => login.service === service.name)
      .map(({ username, password }) => ({ user: username, password: password.reveal() })),
    ...writtenPasswords(stack, service),
    ...common.slice(1).map(([user, password]) => ({ user, password })),
  ];
  return pairs
    .filter(
      (pair, index) =>
        pairs.findIndex(({ user, password }) => user === pair.user && password === pair.password) === index,
    )
    .slice(0, most);
};
