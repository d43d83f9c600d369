import type { Service, Stack } from '../../contracts/stack.ts';
import { readConnectionString } from './consumers.ts';
import { firstAdministrator } from './posture.ts';
import type { Login } from './wire/session.ts';

/** Logins that the project's files hold in the clear: of the image's first administrator, and in connection strings. */
export const writtenLogins = (stack: Stack, service: Service): readonly Login[] => {
  const given = (name: string): string => service.environment.get(name)?.value ?? '';
  return [
    { username: given(firstAdministrator.username), password: given(firstAdministrator.password), database: 'admin' },
    ...[...stack.services.values()].flatMap(({ environment }) =>
      [...environment.values()].flatMap(({ value }) => {
        const found = readConnectionString(value ?? '', (host) => host === service.name);
        if (found === undefined) return [];
        const database = /[?&]authSource=([^&]+)/.exec(value ?? '')?.[1] ?? (found.database || 'admin');
        return [{ username: found.username, password: found.password, database }];
      }),
    ),
  ].filter(({ username, password }) => username !== '' && password !== '');
};
