import type { ComposeEdit, FileWrite } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { removeEnvironment } from '../../model/edits.ts';
import { writeFile } from '../../model/file-changes.ts';
import { renderInitScript } from '../../model/init-script.ts';
import { mountOwn, startThroughInitScript } from '../../model/hardened-service.ts';
import { vaultAccess } from '../../model/vault-access.ts';
import { administratorScript, renderAdministratorScript } from './administrator-script.ts';
import { readCommand } from './command.ts';
import {
  configurationDirectory,
  hostAddresses,
  renderConfiguration,
  renderFirstStart,
  runtimeDirectory,
} from './configuration.ts';
import { accountHolder, administrator, consumersOf } from './consumers.ts';
import { imageAccount, isOfficialImage, majorVersion } from './matching.ts';
import {
  allSettings,
  commandWords,
  containerPort,
  dataDirectory,
  firstAdministrator,
  replicaSet,
  settingsOf,
  valueOf,
} from './posture.ts';

const initScript = '/init/init-approle.sh';

/**
 * True where the hardened posture can be written: the official image in a version whose settings are known (since 4.4),
 * a configuration that could be read, no part of a sharded cluster, and nobody who is named like the administrator.
 */
export const canHarden = (stack: Stack, service: Service): boolean =>
  isOfficialImage(service) &&
  (majorVersion(service) ?? 8) >= 5 &&
  allSettings(stack, service).state === 'known' &&
  valueOf(settingsOf(stack, service)('sharding.clusterRole'), '') === '' &&
  !consumersOf(stack, service).some(({ name }) => name === administrator);

/** Adds the addresses of the container's networks to the loopback one. */
const bindOwnAddresses = `if [ -z "\${PALISADE_ADMINISTRATOR:-}" ]; then
  addresses=127.0.0.1
  for address in $(hostname -I); do
    case $address in
      *:*) ;;
      *) addresses=$addresses,$address ;;
    esac
  done
  set -- "$@" --bind_ip "$addresses"
  unset address addresses
fi
`;

/**
 * What mongod wants in one file, certificate and key, is put together in the tmpfs; members of a replica set get their
 * common key, whose alphabet is that of plain base64. Only in a container the addresses of its networks are added.
 */
const prepare = (
  stack: Stack,
  service: Service,
): string => `cat "\${PALISADE_CERTIFICATES:-/certs}/cert.pem" "\${PALISADE_CERTIFICATES:-/certs}/key.pem" > "$directory/server.pem" || die 'the certificate of the server cannot be read'
cat "\${PALISADE_CLIENT_CERTIFICATES:-/client-certs}/cert.pem" "\${PALISADE_CLIENT_CERTIFICATES:-/client-certs}/key.pem" > "$directory/client.pem" || die 'the certificate of the client cannot be read'
chmod 0400 "$directory/server.pem" "$directory/client.pem"
${
  replicaSet(stack, service) === undefined
    ? ''
    : `printf %s "$field_member" | tr '_-' '/+' > "$directory/member.key" || die "cannot write below $directory"
chmod 0400 "$directory/member.key"
`
}"\${PALISADE_ADMINISTRATOR:-${administratorScript}}" "$directory/password" || die 'the administrator has not got its password'
${hostAddresses(stack, service) === undefined ? bindOwnAddresses : ''}`;

const files = (stack: Stack, service: Service): readonly FileWrite[] => {
  const { name } = service;
  const script = renderInitScript({
    service: name,
    secretPath: accountHolder(stack, service).name,
    fields: {
      password: { as: 'file', variable: 'PALISADE_ADMINISTRATOR_PASSWORD_FILE' },
      ...(replicaSet(stack, service) === undefined
        ? {}
        : { member: { as: 'file' as const, variable: 'PALISADE_MEMBER_KEY_FILE' } }),
    },
    prepare: prepare(stack, service),
  });
  const byScript = renderAdministratorScript(service, dataDirectory(stack, service));
  return [
    ...writeFile(stack, `config/${name}/mongod.conf`, renderConfiguration(stack, service), 0o644),
    ...writeFile(stack, `config/${name}/first-start.conf`, renderFirstStart(stack, service), 0o644),
    ...writeFile(stack, `scripts/${name}/init-approle.sh`, script, 0o755),
    ...writeFile(stack, `scripts/${name}/administrator.sh`, byScript, 0o755),
  ];
};

const mounts = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  const { name } = service;
  const former = readCommand(commandWords(service))?.file;
  // The former configuration is of no use any more.
  return mountOwn(
    stack,
    service,
    [
      [`./config/${name}`, configurationDirectory],
      [`./certs/${name}/server`, '/certs'],
      [`./certs/${name}/client`, '/client-certs'],
      [`./scripts/${name}/init-approle.sh`, initScript],
      [`./scripts/${name}/administrator.sh`, administratorScript],
    ],
    (target) => target === former,
  );
};

const start = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  // A ping needs no login: the check holds no password, and shows the certificate of the server's own client.
  const alive = [
    `mongosh --quiet --norc --host localhost --port ${containerPort(stack, service)} --tls --tlsCAFile /certs/ca.pem`,
    `--tlsCertificateKeyFile ${runtimeDirectory(service)}/client.pem --eval "db.runCommand({ ping: 1 }).ok" | grep -qx 1`,
  ].join(' ');
  return startThroughInitScript(stack, service, {
    account: imageAccount,
    initScript,
    command: ['mongod', '--config', `${configurationDirectory}/mongod.conf`],
    alive: ['CMD-SHELL', alive],
  });
};

/**
 * The hardened posture of a server in files: configuration, scripts, and the Compose edits that put them in place. Nothing
 * where `canHarden` says no. Empty once applied.
 */
export const harden = (stack: Stack, service: Service): readonly (FileWrite | ComposeEdit)[] =>
  canHarden(stack, service)
    ? [
        ...files(stack, service),
        ...mounts(stack, service),
        ...vaultAccess(stack, service),
        ...Object.values(firstAdministrator)
          .flatMap((variable) => [variable, `${variable}_FILE`])
          .flatMap((variable) => removeEnvironment(stack, service, variable)),
        ...start(stack, service),
      ]
    : [];
