import { posix } from 'node:path';
import type { ComposeEdit, FileWrite } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { removeEnvironment, setEnvironment } from '../../model/edits.ts';
import { writeFile } from '../../model/file-changes.ts';
import { renderInitScript } from '../../model/init-script.ts';
import { mountOwn, startThroughInitScript } from '../../model/hardened-service.ts';
import { vaultAccess } from '../../model/vault-access.ts';
import { configurationPath, renderConfiguration } from './configuration.ts';
import { administrator, consumersOf, longestUser } from './consumers.ts';
import { imageAccount, isAtLeast, isOfficialImage, productOf, serverProgram } from './image.ts';
import { containerPort, dataDirectory, optionsOf } from './posture.ts';

const initScript = '/init/init-approle.sh';

/** Names of consumers that an account can have: not the administrator's, nor longer than the server takes. */
const canBeAccounts = (stack: Stack, service: Service): boolean =>
  consumersOf(stack, service).every(
    ({ name, database }) => name !== administrator.user && name.length <= longestUser && /^[\w$ .-]+$/.test(database),
  );

/**
 * True where the hardened posture can be written: an official image that can demand TLS (MySQL since 8.0, MariaDB since
 * 10.5), options that could be read from files of the project, consumers whose names can be accounts.
 */
export const canHarden = (stack: Stack, service: Service): boolean => {
  const read = optionsOf(stack, service);
  if (!isOfficialImage(service) || read.state === 'unknown' || !canBeAccounts(stack, service)) return false;
  const granted = new Set([...service.configs, ...service.secrets].map(({ target }) => target));
  return (
    isAtLeast(service, productOf(service) === 'mariadb' ? [10, 5] : [8]) !== false &&
    !read.paths.some((path) => granted.has(path))
  );
};

/**
 * What the server is told at its start, before anybody is let in: the administrator's password from Vault, and that
 * no other root may log in (it stays, for views may be defined by it) and no anonymous account is left. A server without data gets the password as its image wants it; its
 * program sees it in its environment until it is started again, which the image's entry point leaves no way around.
 */
const prepareAccounts = (
  stack: Stack,
  service: Service,
): string => `data=\${PALISADE_DATA_DIRECTORY:-${dataDirectory(stack, service)}}
mkdir -m 0500 -- "$directory/files" || die "cannot write below $directory"
printf '[client]\\nuser=${administrator.user}\\npassword=%s\\n' "$field_password" > "$directory/client.cnf" || die "cannot write below $directory"
chmod 0400 "$directory/client.cnf"
if [ -d "$data/mysql" ]; then
  {
    printf "SET SESSION sql_log_bin = 0;\\n"
    printf "CREATE USER IF NOT EXISTS '${administrator.user}'@'${administrator.host}' IDENTIFIED BY '%s';\\n" "$field_password"
    printf "ALTER USER '${administrator.user}'@'${administrator.host}' IDENTIFIED BY '%s';\\n" "$field_password"
    for host in '%' 127.0.0.1 ::1; do
      printf "ALTER USER IF EXISTS '${administrator.user}'@'%s' IDENTIFIED BY '%s' ACCOUNT LOCK;\\n" "$host" "$field_password"
    done
    printf "DROP USER IF EXISTS ''@'localhost';\\n"
    printf "DROP USER IF EXISTS ''@'%%';\\n"
  } > "$directory/accounts.sql" || die "cannot write below $directory"
  chmod 0400 "$directory/accounts.sql"
  set -- "$@" "--init-file=$directory/accounts.sql"
else
  MYSQL_ROOT_PASSWORD_FILE=$directory/password
  export MYSQL_ROOT_PASSWORD_FILE
fi
unset data host
`;

const files = (stack: Stack, service: Service): readonly FileWrite[] => {
  const { name } = service;
  const script = renderInitScript({
    service: name,
    secretPath: name,
    fields: { password: { as: 'file', variable: 'PALISADE_ADMINISTRATOR_PASSWORD_FILE' } },
    prepare: prepareAccounts(stack, service),
  });
  return [
    ...writeFile(stack, `config/${name}/palisade.cnf`, renderConfiguration(stack, service), 0o644),
    ...writeFile(stack, `scripts/${name}/init-approle.sh`, script, 0o755),
  ];
};

const mounts = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  const { name } = service;
  const read = optionsOf(stack, service);
  const former = read.state === 'known' ? read.paths : [];
  // What the former files say has been taken over.
  return mountOwn(
    stack,
    service,
    [
      [`./config/${name}/palisade.cnf`, configurationPath(service)],
      [`./certs/${name}/server`, '/certs'],
      [`./scripts/${name}/init-approle.sh`, initScript],
    ],
    (target) => former.some((path) => path === target || posix.dirname(path) === posix.normalize(target)),
  );
};

/** Variables that give the image a password, or an account that nobody needs any more. */
const unwanted = ['MYSQL', 'MARIADB'].flatMap((product) =>
  [
    'ROOT_PASSWORD',
    'ROOT_PASSWORD_FILE',
    'ROOT_PASSWORD_HASH',
    'RANDOM_ROOT_PASSWORD',
    'ALLOW_EMPTY_PASSWORD',
    'ALLOW_EMPTY_ROOT_PASSWORD',
    'ONETIME_PASSWORD',
    'USER',
    'PASSWORD',
    'PASSWORD_FILE',
    'PASSWORD_HASH',
  ].map((name) => `${product}_${name}`),
);

const start = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  const port = containerPort(stack, service);
  // A refused login is a sign of life to both programs; the check holds no credential, and verifies the certificate.
  const alive =
    productOf(service) === 'mariadb'
      ? ['mariadb-admin', '--no-defaults', '--ssl', '--ssl-ca=/certs/ca.pem', '--ssl-verify-server-cert']
      : ['mysqladmin', '--no-defaults', '--ssl-mode=VERIFY_IDENTITY', '--ssl-ca=/certs/ca.pem'];
  return startThroughInitScript(stack, service, {
    account: imageAccount,
    initScript,
    command: [serverProgram(service)],
    alive: [
      'CMD',
      ...alive,
      '--connect-timeout=3',
      '--protocol=tcp',
      '--host=localhost',
      `--port=${port}`,
      '--user=health',
      'ping',
    ],
  });
};

/**
 * The hardened posture of a server in files: option file, init script, and the Compose edits that put them in place.
 * Nothing where `canHarden` says no. Empty once applied.
 */
export const harden = (stack: Stack, service: Service): readonly (FileWrite | ComposeEdit)[] =>
  canHarden(stack, service)
    ? [
        ...files(stack, service),
        ...mounts(stack, service),
        ...vaultAccess(stack, service),
        ...unwanted.flatMap((name) => removeEnvironment(stack, service, name)),
        ...removeEnvironment(stack, service, 'MARIADB_ROOT_HOST'),
        ...setEnvironment(stack, service, 'MYSQL_ROOT_HOST', administrator.host),
        ...start(stack, service),
      ]
    : [];
