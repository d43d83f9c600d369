import type { Configuration } from '../configuration/configuration.ts';
import type { Service } from '../service.ts';
import { startDevelopment } from './development.ts';
import { startHardened } from './hardened.ts';

/** Starts the service in the posture of its configuration. @throws StartError */
export const start = (configuration: Configuration): Promise<Service> =>
  configuration.posture === 'development' ? startDevelopment(configuration) : startHardened(configuration);
