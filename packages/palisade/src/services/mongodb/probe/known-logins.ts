import type { ProbeTarget } from '../../../contracts/service-kind.ts';
import type { Login } from '../wire/session.ts';
import { writtenLogins } from '../written-logins.ts';

/** Logins at most: enough for the well-known ones, too few to be a burden. */
const most = 8;

/** Pairs of the official image's description and of tutorials. */
const common = [
  ['root', 'example'],
  ['admin', 'password'],
  ['root', 'password'],
  ['admin', 'admin'],
] as const;

/** Pairs that are no secret: of an earlier posture, written in the files, and of everybody's examples; each once. */
export const knownLogins = ({ stack, service, formerCredentials }: ProbeTarget): readonly Login[] => {
  const pairs: readonly Login[] = [
    ...(formerCredentials?.logins ?? [])
      .filter((login) => login.service === service.name)
      .map(({ username, password }) => ({ username, password: password.reveal(), database: 'admin' })),
    ...writtenLogins(stack, service),
    ...common.map(([username, password]) => ({ username, password, database: 'admin' })),
  ].filter(({ username, password }) => username !== '' && password !== '');
  return pairs
    .filter((pair, index) => pairs.findIndex((other) => JSON.stringify(other) === JSON.stringify(pair)) === index)
    .slice(0, most);
};
