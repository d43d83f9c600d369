import type { ProbeTarget } from '../../contracts/service-kind.ts';
import { administrator, writtenLogins, type WrittenLogin } from './consumers.ts';

/** Logins at most: enough for the well-known ones, too few to be a burden. */
const most = 10;

/** Passwords of the administrator in examples and tutorials. */
const common = ['', 'root', 'password', 'mysql'];

/** Pairs that are no secret: of an earlier posture, written in the files, and of everybody's examples; each once. */
export const knownLogins = ({ stack, service, formerCredentials }: ProbeTarget): readonly WrittenLogin[] => {
  const pairs = [
    ...(formerCredentials?.logins ?? [])
      .filter((login) => login.service === service.name)
      .map(({ username, password }) => ({ user: username, password: password.reveal() })),
    ...writtenLogins(stack, service),
    ...common.map((password) => ({ user: administrator.user, password })),
  ];
  return pairs
    .filter(
      (pair, index) =>
        pairs.findIndex(({ user, password }) => user === pair.user && password === pair.password) === index,
    )
    .slice(0, most);
};
