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

/** The commented `palisade.yaml` that `palisade init` writes. Uncommented it is a valid configuration. */
export const configurationTemplate =
  (): string => `# Configuration of Palisade for this project. Everything has a default; an unknown key is an error.

# Findings of this severity and above make \`palisade assess\` exit with 1:
# critical, high, medium, low or info.
threshold: high

# What a service is, where its image and name do not tell.
# services:
#   cache:
#     kind: redis

# Findings that somebody accepts until a date. Reason, owner and date are mandatory; after the date (inclusive) the
# finding is raised again. The resource is a name, or "*" for every one.
# suppressions:
#   - control: container/read-only-root
#     resource: legacy-api
#     reason: writes its cache below /var/lib until it is replaced
#     owner: platform@example.org
#     expires: 2031-12-31

# age recipients (age1...) that receive the shares of the unseal key, in turn.
# recipients:
#   - age1...

# How the unseal key of Vault is split: so many shares, of which so many are needed.
unseal:
  shares: 5
  threshold: 3
`;
