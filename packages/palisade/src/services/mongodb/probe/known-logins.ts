import type { ProbeTarget } from '../../../contracts/service-kind.ts';
import { readConnectionString } from '../consumers.ts';
import { firstAdministrator } from '../posture.ts';
import type { Login } from '../wire/session.ts';

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
  const given = (name: string): string => service.environment.get(name)?.value ?? '';
  const pairs: readonly Login[] = [
    ...(formerCredentials?.logins ?? [])
      .filter((login) => login.service === service.name)
      .map(({ username, password }) => ({ username, password: password.reveal(), database: 'admin' })),
    { username: given(firstAdministrator.username), password: given(firstAdministrator.password), database: 'admin' },
    ...[...stack.services.values()].flatMap(({ environment }) =>
      [...environment.values()].flatMap(({ value }) => {
        const found = readConnectionString(value ?? '', (host) => host === service.name);
        if (found === undefined) return [];
        const database = /[?&]authSource=([^&]+)/.exec(value ?? '')?.[1] ?? (found.database || 'admin');
        return [{ username: found.username, password: found.password, database }];
      }),
    ),
    ...common.map(([username, password]) => ({ username, password, database: 'admin' })),
  ].filter(({ username, password }) => username !== '' && password !== '');
  return pairs
    .filter((pair, index) => pairs.findIndex((other) => JSON.stringify(other) === JSON.stringify(pair)) === index)
    .slice(0, most);
};
