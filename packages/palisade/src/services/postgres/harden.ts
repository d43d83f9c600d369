import type { ComposeEdit, FileWrite } from '../../contracts/change.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import {
  appendToServiceKey,
  removeEnvironment,
  removeServiceItem,
  setEnvironment,
  setServiceKey,
  setTopLevelKey,
} from '../../model/edits.ts';
import { renderInitScript } from '../../model/init-script.ts';
import { sha256 } from '../../support/files.ts';
import { renderAccessRules, renderIdentities } from './access-rules.ts';
import { auditedImage } from './audited-image.ts';
import { isSuperuserConsumed } from './consumers.ts';
import { configurationDirectory, renderConfiguration } from './configuration.ts';
import { dataDirectory, imageAccount } from './image.ts';
import { commandSettings } from './posture.ts';

/** Images that start as the official one does; others have entry points and paths of their own. */
const officialFamily =
  /^((library\/)?postgres|palisade\/postgres|postgis\/postgis|pgvector\/pgvector|timescale\/timescaledb)$/;

/** True where the hardened posture can be written for the service's image. */
export const canHarden = (service: Service): boolean =>
  service.image === undefined ? service.build !== undefined : officialFamily.test(service.image.value.repository);

const initScript = '/init/init-approle.sh';

const fileWrite = (stack: Stack, path: string, content: string, mode: number): readonly FileWrite[] => {
  const there = stack.files.get(path);
  if (there?.text === content && there.mode === mode) return [];
  return [
    {
      kind: 'file-write',
      path,
      mode,
      content,
      expects: there?.text === undefined ? { state: 'absent' } : { state: 'digest', sha256: sha256(there.text) },
    },
  ];
};

const files = (stack: Stack, service: Service): readonly FileWrite[] => {
  const { name } = service;
  const extended = auditedImage(service);
  const script = renderInitScript({
    service: name,
    secretPath: name,
    fields: { password: { as: 'file', variable: 'POSTGRES_PASSWORD_FILE' } },
    deliverUnless: `\${PGDATA:-${dataDirectory(service)}}/PG_VERSION`,
  });
  return [
    ...fileWrite(stack, `config/${name}/postgresql.conf`, renderConfiguration(stack, service), 0o644),
    ...fileWrite(stack, `config/${name}/pg_hba.conf`, renderAccessRules(stack, service), 0o644),
    ...fileWrite(stack, `config/${name}/pg_ident.conf`, renderIdentities(service), 0o644),
    ...fileWrite(stack, `scripts/${name}/init-approle.sh`, script, 0o755),
    ...(extended === undefined ? [] : fileWrite(stack, `images/${name}/Dockerfile`, extended.dockerfile, 0o644)),
  ];
};

const vaultOf = (stack: Stack): string =>
  [...stack.services.values()].find(({ kind }) => kind === 'vault')?.name ?? 'vault';

const mounts = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  const { name } = service;
  const wanted = [
    `./config/${name}:${configurationDirectory}:ro`,
    `./certs/${name}/server:/certs:ro`,
    './certs/ca/ca.pem:/vault-ca/ca.pem:ro',
    `./scripts/${name}/init-approle.sh:${initScript}:ro`,
  ];
  const targets = [configurationDirectory, '/certs', '/vault-ca/ca.pem', initScript];
  const former = commandSettings(service.command?.value ?? [])
    .filter((setting) => setting.name === 'config_file' || setting.name === 'hba_file')
    .map(({ value }) => value);
  // What is mounted on or inside of a new mount would hide a part of it.
  const hiding = service.mounts.filter(
    (mount) =>
      (former.includes(mount.target) ||
        targets.some((target) => mount.target === target || mount.target.startsWith(`${target}/`))) &&
      !targets.some((target, index) => mount.target === target && isOwn(stack, mount.source, wanted[index] ?? '')),
  );
  return [
    ...hiding.flatMap((mount) => removeServiceItem(stack, service, 'volumes', mount.at)),
    ...wanted.flatMap((entry) => appendToServiceKey(stack, service, ['volumes'], entry)),
  ];
};

/** True where a mount's source is the one that an entry of the hardened posture names. */
const isOwn = (stack: Stack, source: string | undefined, entry: string): boolean =>
  source === `${stack.directory}${entry.slice(1, entry.indexOf(':'))}`;

const environment = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  const { name } = service;
  const wanted: Readonly<Record<string, string>> = {
    VAULT_ADDR: `https://${vaultOf(stack)}:8200`,
    VAULT_CACERT: '/vault-ca/ca.pem',
    VAULT_ROLE_ID_FILE: `/run/secrets/${name}-role-id`,
    VAULT_SECRET_ID_FILE: `/run/secrets/${name}-secret-id`,
  };
  const initial = service.environment.get('POSTGRES_INITDB_ARGS')?.value ?? '';
  const dropped = [
    'VAULT_TOKEN',
    'POSTGRES_PASSWORD',
    'POSTGRES_PASSWORD_FILE',
    'POSTGRES_HOST_AUTH_METHOD',
    ...(/--auth|(^|\s)-A/.test(initial) ? ['POSTGRES_INITDB_ARGS'] : []),
  ];
  return [
    ...dropped.flatMap((variable) => removeEnvironment(stack, service, variable)),
    ...Object.entries(wanted).flatMap(([variable, value]) => setEnvironment(stack, service, variable, value)),
  ];
};

const credentials = (stack: Stack, { name }: Service): readonly ComposeEdit[] =>
  ['role-id', 'secret-id'].flatMap((file) => [
    ...setTopLevelKey(stack, ['secrets', `${name}-${file}`], { file: `./secrets/${name}/${file}` }),
    ...appendToServiceKey(stack, name, ['secrets'], `${name}-${file}`),
  ]);

const start = (stack: Stack, service: Service): readonly ComposeEdit[] => {
  const { name } = service;
  const { uid, gid } = imageAccount(service);
  const extended = auditedImage(service);
  const vault = vaultOf(stack);
  const logsIn = service.healthcheck?.value.test.some((word) => /\bpsql\b/.test(word)) === true;
  return [
    ...(extended === undefined
      ? []
      : [
          ...setServiceKey(stack, name, ['image'], extended.image),
          ...setServiceKey(stack, name, ['build'], { context: `./images/${name}` }),
        ]),
    // The init script reads files that belong to the server's account alone.
    ...setServiceKey(stack, name, ['user'], `${uid}:${gid}`),
    ...setServiceKey(stack, name, ['entrypoint'], [initScript]),
    ...setServiceKey(
      stack,
      name,
      ['command'],
      ['postgres', '-c', `config_file=${configurationDirectory}/postgresql.conf`],
    ),
    ...(logsIn ? setServiceKey(stack, name, ['healthcheck', 'test'], ['CMD-SHELL', 'pg_isready --quiet']) : []),
    ...(stack.services.has(vault) && !service.dependsOn.has(vault)
      ? appendToServiceKey(stack, name, ['depends_on'], vault)
      : []),
  ];
};

/**
 * The hardened posture of a server in files: configuration, access rules, init script, an image with pgAudit, and the
 * Compose edits that put them in place. Nothing where the image is none of the official family, or where
 * a consumer has the name of the superuser, whose role cannot be both. Empty once applied.
 */
export const harden = (stack: Stack, service: Service): readonly (FileWrite | ComposeEdit)[] =>
  canHarden(service) && !isSuperuserConsumed(stack, service)
    ? [
        ...files(stack, service),
        ...mounts(stack, service),
        ...environment(stack, service),
        ...credentials(stack, service),
        ...start(stack, service),
      ]
    : [];
