import { resolve } from 'node:path';
import type { Configuration } from '../contracts/configuration.ts';
import type { ServiceKind } from '../contracts/service-kind.ts';
import { error } from './errors.ts';
import { readBytes, mostBytes } from './read-text.ts';

/** The name of the configuration file in the project directory. */
export const configurationFile = 'palisade.yaml';

/** What holds where `palisade.yaml` says nothing. */
export const defaultConfiguration: Configuration = {
  services: new Map(),
  suppressions: [],
  threshold: 'high',
  recipients: [],
  unseal: { shares: 5, threshold: 3 },
};

/**
 * Reads `palisade.yaml`; the defaults where there is none. Unknown keys are errors.
 *
 * @throws `model/configuration-invalid` with the line
 */
export const readConfiguration = async (directory: string, kinds: readonly ServiceKind[]): Promise<Configuration> => {
  const found = await readBytes(resolve(directory, configurationFile), mostBytes);
  if (found.state === 'missing') return defaultConfiguration;
  if (found.state === 'too-large')
    throw error('model/configuration-invalid', { reason: `it is larger than ${mostBytes} bytes` });
  if (found.state === 'unreadable')
    throw error('model/configuration-invalid', { reason: `it could not be read: ${found.reason}` });
  // Most projects have no such file, so that its schema is loaded only where there is one.
  const { parseConfiguration } = await import('./configuration-schema.ts');
  return parseConfiguration(
    found.bytes,
    kinds.map(({ id }) => id),
  );
};
