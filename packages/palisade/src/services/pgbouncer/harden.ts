import type { ComposeEdit, FileWrite } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { appendToServiceKey, removeEnvironment, setServiceKey, writeFile } from '../../model/index.ts';
import { renderInitScript } from '../../model/init-script.ts';
import { mountOwn, startThroughInitScript } from '../../model/hardened-service.ts';
import { vaultAccess } from '../../model/vault-access.ts';
import { administrator, configurationDirectory, renderConfiguration, renderStartScript } from './configuration.ts';
import { pooledDatabases, upstreamOf, writtenDatabases } from './consumers.ts';
import { extendedImage, imageAccount, isKnownImage } from './image.ts';
import { configurationFile, containerPort, postureOf } from './posture.ts';

const initScript = '/init/init-approle.sh';
const startScript = '/init/start.sh';

/** Names that can stand in the configuration and in SQL without changing its meaning. */
const plainName = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** Why the hardened posture of a pooler cannot be written, as the end of a sentence; undefined where it can. */
export const whyNotHardened = (stack: Stack, service: Service): string | undefined => {
  if (!isKnownImage(service)) return 'has an image whose entry point and paths are not known';
  const posture = postureOf(stack, service);
  if (posture.state === 'unknown') return `has a configuration that is not known: ${posture.why}`;
  const upstream = upstreamOf(stack, service);
  if (upstream === undefined) return 'does not call exactly one PostgreSQL server of the stack';
  const names = pooledDatabases(stack, service);
  if (names.length === 0) return 'names no database';
  if (![service.name, ...names].every((name) => plainName.test(name))) return 'has a name that needs quoting';
  const foreign = writtenDatabases(stack, service).find(
    ({ name, database, host }) => name !== database || (host !== undefined && host !== upstream.name),
  );
  if (foreign !== undefined) return `offers ${foreign.name}, which is another name or another server than PostgreSQL's`;
  return undefined;
};

const files = (stack: Stack, service: Service): readonly FileWrite[] => {
  const { name } = service;
  const extended = extendedImage(service);
  const script = renderInitScript({
    service: name,
    // The pooler is a consumer of PostgreSQL, and reads the account that it has there.
    secretPath: `${upstreamOf(stack, service)?.name}/${name}`,
    fields: { password: { as: 'file', variable: 'PGBOUNCER_PASSWORD_FILE' } },
    entrypoint: startScript,
  });
  return [
    ...writeFile(stack, `config/${name}/pgbouncer.ini`, renderConfiguration(stack, service)),
    ...writeFile(stack, `scripts/${name}/init-approle.sh`, script, 0o755),
    ...writeFile(stack, `scripts/${name}/start.sh`, renderStartScript(service), 0o755),
    ...(extended === undefined ? [] : writeFile(stack, `images/${name}/Dockerfile`, extended.dockerfile)),
  ];
};

const mounts = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  const { name } = service;
  // The former configuration and its list of passwords lie inside of the new directory.
  return mountOwn(stack, service, [
    [`./config/${name}`, configurationDirectory],
    [`./certs/${name}/server`, '/certs'],
    [`./certs/${name}/client`, '/client-certs'],
    [`./scripts/${name}/init-approle.sh`, initScript],
    [`./scripts/${name}/start.sh`, startScript],
  ]);
};

/** Variables of which the images make a configuration, or that hold a password. */
const dropped =
  /^((DATABASES|PGBOUNCER|POSTGRESQL|DB)_\w+|DATABASE_URL|AUTH_\w+|ADMIN_USERS|STATS_USERS|(CLIENT|SERVER)_TLS_\w+|POOL_MODE)$/;

const environment = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  const { name: upstream = '', port } = upstreamOf(stack, service) ?? {};
  const extra = [...service.environment.keys()].filter((name) => dropped.test(name));
  return [
    ...vaultAccess(stack, service),
    ...extra.flatMap((name) => removeEnvironment(stack, service, name)),
    // The edge to the server would be lost with the variables that named it.
    ...(service.dependsOn.has(upstream) || port === undefined
      ? []
      : appendToServiceKey(stack, service, ['depends_on'], upstream)),
  ];
};

/** Over verified TLS up to the question for a password, which is a sign of life; the check holds no credential. */
const healthConnection = (stack: Stack, service: Service): string =>
  [
    `host=localhost port=${containerPort(stack, service)} dbname=pgbouncer user=${administrator(service)}`,
    'sslmode=verify-full sslrootcert=/certs/ca.pem sslcert=/client-certs/cert.pem sslkey=/client-certs/key.pem',
  ].join(' ');

const start = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  const extended = extendedImage(service);
  return [
    ...(extended === undefined
      ? []
      : [
          ...setServiceKey(stack, service, ['image'], extended.image),
          ...setServiceKey(stack, service, ['build'], { context: `./images/${service.name}` }),
        ]),
    // Every client takes two descriptors at most, one of them in reserve for its server connection.
    ...setServiceKey(stack, service, ['ulimits'], { nofile: { soft: 4096, hard: 4096 } }),
    ...startThroughInitScript(stack, service, {
      account: imageAccount,
      initScript,
      command: ['pgbouncer', configurationFile],
      alive: ['CMD', 'pg_isready', '--quiet', `--dbname=${healthConnection(stack, service)}`],
    }),
  ];
};

/**
 * The hardened posture of a pooler in files: configuration, init script, an image with curl, and the Compose edits that
 * put them in place. Nothing where `whyNotHardened` has a reason. Empty once applied.
 */
export const harden = (stack: Stack, service: Service): readonly (FileWrite | ComposeEdit)[] =>
  whyNotHardened(stack, service) === undefined
    ? [...files(stack, service), ...mounts(stack, service), ...environment(stack, service), ...start(stack, service)]
    : [];
