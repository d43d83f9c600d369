import type { ProbeTarget } from '../../contracts/service-kind.ts';
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

/** Pairs that are no secret: of an earlier posture, written in the files, and of everybody's examples; each once. */
export const knownPasswords = ({
  stack,
  service,
  formerCredentials,
}: ProbeTarget): readonly { readonly user: string; readonly password: string }[] => {
  const first = service.environment.get('RABBITMQ_DEFAULT_USER')?.value ?? 'guest';
  const written = service.environment.get('RABBITMQ_DEFAULT_PASS')?.value ?? '';
  const pairs = [
    ...common.slice(0, 1).map(([user, password]) => ({ user, password })),
    ...(formerCredentials?.logins ?? [])
      .filter((login) => login.service === service.name)
      .map(({ username, password }) => ({ user: username, password: password.reveal() })),
    ...(written === '' ? [] : [{ user: first, password: written }]),
    ...[...stack.services.values()].flatMap((caller) =>
      writtenLogins(caller, service.name).filter(({ user }) => user !== ''),
    ),
    ...common.slice(1).map(([user, password]) => ({ user, password })),
  ];
  return pairs
    .filter(
      (pair, index) =>
        pairs.findIndex(({ user, password }) => user === pair.user && password === pair.password) === index,
    )
    .slice(0, most);
};
