import type { Service, Stack } from '../../contracts/stack.ts';
import { settingsOf } from './posture.ts';

/** The container port of the server: what command, file or environment say, else 5432. */
export const containerPort = (stack: Stack, service: Service): number => {
  const setting = settingsOf(stack, service)('port');
  const port = Number(setting.state === 'set' ? setting.value : (service.environment.get('PGPORT')?.value ?? 5432));
  return Number.isInteger(port) && port > 0 ? port : 5432;
};
