import { randomBytes } from 'node:crypto';
import type { SqlStatement } from '../../contracts/change.ts';
import type { StatementTools } from '../../contracts/service-kind.ts';
import { canonicalJson } from '../../support/canonical-json.ts';
import { consumerNames, userChannels, userConnections, vhostConnections, vhostQueues } from './accounts.ts';
import {
  type Definitions,
  hashPassword,
  hashingAlgorithm,
  isHashOf,
  readDefinitions,
  vhostLimits,
} from './definitions.ts';
import { error } from './errors.ts';

type Outcome = 'applied' | 'unchanged';

/**
 * Imports what comes through standard input. The tools of version 4 do not read theirs for this command, and those of version 3 take no
 * pipe for a file: the text, which holds hashes, stands in a file of the server's account alone for that moment, beside its data.
 */
const importing = [
  'sh',
  '-c',
  'umask 077; f=${HOME:?}/.palisade-import; trap \'rm -f -- "$f"\' EXIT; rm -f -- "$f"; set -C; cat > "$f" && rabbitmqctl -q import_definitions "$f"',
];

/** Runs one command of the administrator; texts with a hash go through standard input. Throws `rabbitmq/client-failed`. */
const control = async (
  command: readonly string[],
  input: string,
  { exec, service }: StatementTools,
  signal: AbortSignal,
): Promise<string> => {
  const { exitCode, stdout, stderr, truncated } = await exec(command, input, signal);
  if (exitCode !== 0 || truncated)
    throw error('rabbitmq/client-failed', {
      service: service.name,
      reason: truncated
        ? 'the answer is too long'
        : // An error may repeat what was sent; a hash in it is not shown.
          (stderr.trim() || stdout.trim()).replaceAll(/[A-Za-z0-9+/]{40,}=*/g, '…').slice(0, 300),
    });
  return stdout;
};

const exported = async (tools: StatementTools, signal: AbortSignal): Promise<Definitions> => {
  const text = await control(['rabbitmqctl', '-q', 'export_definitions', '-', '--format', 'json'], '', tools, signal);
  try {
    return readDefinitions(text);
  } catch {
    // What could not be read holds hashes: it goes into no cause.
    throw error('rabbitmq/client-failed', {
      service: tools.service.name,
      reason: 'the export of the definitions cannot be read',
    });
  }
};

const userLimits = { 'max-connections': userConnections, 'max-channels': userChannels };
const limitsOfVhost = { 'max-connections': vhostConnections, 'max-queues': vhostQueues };

/** True where each limit is there, and no looser. */
const isWithin = (actual: Readonly<Record<string, number>>, most: Readonly<Record<string, number>>): boolean =>
  Object.entries(most).every(([name, value]) => (actual[name] ?? -1) >= 0 && (actual[name] ?? 0) <= value);

const applyAccount = async (statement: SqlStatement, tools: StatementTools, signal: AbortSignal): Promise<Outcome> => {
  const { user, tags, vhost, secret: reference } = statement.parameters;
  if (
    typeof user !== 'string' ||
    typeof tags !== 'string' ||
    typeof vhost !== 'string' ||
    reference === undefined ||
    typeof reference === 'string'
  )
    throw error('rabbitmq/parameter-unresolved', { service: statement.service, parameter: 'of the user' });
  const secret = await tools.resolveSecret(reference);
  const { path, field } = reference.secret;
  if (secret === undefined || secret.reveal() === '')
    throw error('rabbitmq/parameter-unresolved', { service: statement.service, parameter: `${path}#${field}` });
  const password = secret.reveal();
  const before = await exported(tools, signal);
  const present = before.users.find(({ name }) => name === user);
  const held = before.permissions.filter((permission) => permission.user === user);
  const wanted =
    vhost === '' ? [] : [{ user, vhost, configure: consumerNames, write: consumerNames, read: consumerNames }];
  const excess = held.filter((permission) => permission.vhost !== vhost);
  const isRight =
    present !== undefined &&
    (present.hashing_algorithm ?? hashingAlgorithm) === hashingAlgorithm &&
    isHashOf(present.password_hash, password) &&
    present.tags.join() === tags &&
    isWithin(present.limits, userLimits) &&
    canonicalJson(held) === canonicalJson(wanted) &&
    (vhost === '' || isWithin(vhostLimits(before, vhost), limitsOfVhost));
  if (isRight) return 'unchanged';
  const definitions = {
    users: [
      {
        name: user,
        password_hash: hashPassword(password, randomBytes(4)),
        hashing_algorithm: hashingAlgorithm,
        tags,
        limits: userLimits,
      },
    ],
    vhosts: vhost === '' || before.vhosts.some(({ name }) => name === vhost) ? [] : [{ name: vhost }],
    permissions: wanted,
    parameters: vhost === '' ? [] : [{ component: 'vhost-limits', name: 'limits', vhost, value: limitsOfVhost }],
  };
  await control(importing, JSON.stringify(definitions), tools, signal);
  for (const permission of excess)
    await control(['rabbitmqctl', '-q', 'clear_permissions', '-p', permission.vhost, user], '', tools, signal);
  return 'applied';
};

/** Deletes users that nobody declared, guest among them; their connections end with them. */
const deleteUndeclared = async (
  declared: readonly string[],
  tools: StatementTools,
  signal: AbortSignal,
): Promise<Outcome> => {
  const undeclared = (await exported(tools, signal)).users.filter(({ name }) => !declared.includes(name));
  for (const { name } of undeclared) await control(['rabbitmqctl', '-q', 'delete_user', '--', name], '', tools, signal);
  return undeclared.length === 0 ? 'unchanged' : 'applied';
};

/**
 * Carries out one of the kind's statements where it is still needed. The server gets the salted hash of a password, through standard
 * input alone. Throws `rabbitmq/client-failed`, `rabbitmq/parameter-unresolved`.
 */
export const applyStatement = (
  statement: SqlStatement,
  tools: StatementTools,
  signal: AbortSignal,
): Promise<Outcome> => {
  const { declared } = statement.parameters;
  return typeof declared === 'string'
    ? deleteUndeclared(declared.split(' '), tools, signal)
    : applyAccount(statement, tools, signal);
};
