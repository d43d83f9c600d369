import type { ComposeEdit, FileWrite } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { removeEnvironment, setServiceKey } from '../../model/edits.ts';
import { writeFile } from '../../model/file-changes.ts';
import { renderInitScript } from '../../model/init-script.ts';
import { mountOwn, startThroughInitScript } from '../../model/hardened-service.ts';
import { vaultAccess } from '../../model/vault-access.ts';
import { administrator, administratorRules } from './accounts.ts';
import { consumersOf, replicates } from './cluster.ts';
import { accountFile, configurationDirectory, renderConfiguration } from './configuration.ts';
import { extendedImage, imageAccount, isOfficialImage, majorVersion, productOf } from './image.ts';
import { containerPort, directivesOf, readCommand } from './posture.ts';

const initScript = '/init/init-approle.sh';

/**
 * True where the hardened posture can be written: an official image that knows accounts and TLS (since version 6), a
 * configuration that could be read, and nobody who is named like the administrator.
 */
export const canHarden = (stack: Stack, service: Service): boolean =>
  isOfficialImage(service) &&
  (productOf(service) === 'valkey' || (majorVersion(service) ?? 7) >= 6) &&
  directivesOf(stack, service).state === 'known' &&
  !consumersOf(stack, service).some(({ name }) => name === administrator);

/**
 * Writes the list of accounts before the server starts: `default` is off, the administrator has the hash of the password
 * from Vault, accounts that statements made stay. What logs in elsewhere goes to the tmpfs of the credentials.
 */
const prepareAccounts = (
  stack: Stack,
  service: Service,
): string => `accounts=\${PALISADE_ACCOUNT_FILE:-${accountFile(stack, service)}}
digest=$(printf %s "$field_password" | sha256sum) || die 'sha256sum is missing'
digest=\${digest%% *}
[ \${#digest} -eq 64 ] || die 'sha256sum gives no digest'
{
  printf 'user default reset off\\n'
  printf 'user ${administrator} reset on #%s ${administratorRules}\\n' "$digest"
  if [ -f "$accounts" ]; then
    while IFS= read -r line; do
      case $line in
        'user default '* | 'user ${administrator} '* | '') ;;
        *) printf '%s\\n' "$line" ;;
      esac
    done < "$accounts"
  fi
} > "$accounts.new" || die "cannot write $accounts"
mv -f -- "$accounts.new" "$accounts" || die "cannot write $accounts"
unset digest line accounts
${
  replicates(stack, service)
    ? `printf 'masteruser %s\\nmasterauth %s\\n' '${service.name}' "$field_replication" > "$directory/replication.conf" || die "cannot write below $directory"
chmod 0400 "$directory/replication.conf"
`
    : ''
}`;

const files = (stack: Stack, service: Service): readonly FileWrite[] => {
  const { name } = service;
  const extended = extendedImage(service);
  const script = renderInitScript({
    service: name,
    secretPath: name,
    fields: {
      password: { as: 'file', variable: 'PALISADE_ADMINISTRATOR_PASSWORD_FILE' },
      ...(replicates(stack, service)
        ? { replication: { as: 'file' as const, variable: 'PALISADE_REPLICATION_PASSWORD_FILE' } }
        : {}),
    },
    prepare: prepareAccounts(stack, service),
  });
  return [
    ...writeFile(stack, `config/${name}/redis.conf`, renderConfiguration(stack, service), 0o644),
    ...writeFile(stack, `scripts/${name}/init-approle.sh`, script, 0o755),
    ...(extended === undefined ? [] : writeFile(stack, `images/${name}/Dockerfile`, extended.dockerfile, 0o644)),
  ];
};

const mounts = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  const { name } = service;
  const former = readCommand(service.command?.value ?? [])?.file;
  // The former configuration is of no use any more.
  return mountOwn(
    stack,
    service,
    [
      [`./config/${name}`, configurationDirectory],
      [`./certs/${name}/server`, '/certs'],
      [`./certs/${name}/client`, '/client-certs'],
      [`./scripts/${name}/init-approle.sh`, initScript],
    ],
    (target) => target === former,
  );
};

const start = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  const { name } = service;
  const extended = extendedImage(service);
  const product = productOf(service);
  // An answer of a server that asks for a login is a sign of life; the check holds no credential.
  const alive = `${product}-cli -p ${containerPort(stack, service)} --tls --cacert /certs/ca.pem --cert /client-certs/cert.pem --key /client-certs/key.pem ping | grep -q -e PONG -e NOAUTH`;
  return [
    ...(extended === undefined
      ? []
      : [
          ...setServiceKey(stack, name, ['image'], extended.image),
          ...setServiceKey(stack, name, ['build'], { context: `./images/${name}` }),
        ]),
    ...startThroughInitScript(stack, service, {
      account: imageAccount(service),
      initScript,
      command: [`${product}-server`, `${configurationDirectory}/redis.conf`],
      alive: ['CMD-SHELL', alive],
    }),
  ];
};

/**
 * The hardened posture of a server in files: configuration, init script, an image with curl, and the Compose edits that put
 * them in place. Nothing where `canHarden` says no. Empty once applied.
 */
export const harden = (stack: Stack, service: Service): readonly (FileWrite | ComposeEdit)[] =>
  canHarden(stack, service)
    ? [
        ...files(stack, service),
        ...mounts(stack, service),
        ...vaultAccess(stack, service),
        ...['REDIS_PASSWORD', 'REDISCLI_AUTH', 'VALKEYCLI_AUTH'].flatMap((name) =>
          removeEnvironment(stack, service, name),
        ),
        ...start(stack, service),
      ]
    : [];
