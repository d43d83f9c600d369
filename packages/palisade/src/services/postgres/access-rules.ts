import type { Service, Stack } from '../../contracts/stack.ts';
import { consumersOf, databasesFor, type Consumer } from './consumers.ts';
import { administrator } from './image.ts';

/** A name as `pg_hba.conf` wants it: always in quotes, so that none is taken for a keyword. */
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const ruleOf = (consumer: Consumer, consumers: readonly Consumer[]): string => {
  const { name, hasIdentity, through } = consumer;
  // A connection through a pooler brings the pooler's certificate, and the account and the password of the consumer.
  const certificate = through === undefined ? 'verify-full' : 'verify-ca';
  const [note, option] =
    hasIdentity || through !== undefined
      ? [
          through === undefined ? '' : `# ${name} comes through ${through}, whose certificate it is.\n`,
          ` clientcert=${certificate}`,
        ]
      : [
          `# ${name} is of no known kind, so nothing here can give it a client certificate: password over TLS alone.\n`,
          '',
        ];
  const rules = databasesFor(consumers, consumer).map(
    (database) => `hostssl ${quoted(database)} ${quoted(name)} samenet scram-sha-256${option}\n`,
  );
  return `${note}${rules.join('')}`;
};

/**
 * The hardened `pg_hba.conf`: the local administrator by its account of the operating system, each declared consumer
 * with its role on its database by password and certificate over TLS from the networks of the server, nobody else.
 */
export const renderAccessRules = (stack: Stack, service: Service): string => {
  const admin = administrator(service);
  const consumers = consumersOf(stack, service);
  return `# Who may connect to the service ${service.name}. Written by Palisade. The first rule that fits decides.

# The administrator, on the local socket alone, as the account that the server itself runs as.
local all ${quoted(admin)} peer map=palisade
host all ${quoted(admin)} all reject

# Declared consumers: role and client certificate carry the name of the service.
${consumers.map((consumer) => ruleOf(consumer, consumers)).join('')}
# Nobody else, by no way.
local all all reject
host all all all reject
`;
};

/** The `pg_ident.conf` that goes with it: the image's account `postgres` is the administrator. */
export const renderIdentities = (service: Service): string =>
  `# Accounts of the operating system that are the administrator on the local socket. Written by Palisade.
# MAPNAME SYSTEM-USERNAME PG-USERNAME
palisade postgres ${quoted(administrator(service))}
`;
