import type { Location } from '../../contracts/location.ts';
import type { ProjectFile, Service, Stack } from '../../contracts/stack.ts';
import { hostPathOf, mountedFile } from '../../model/index.ts';
import { defaultPort } from './image.ts';
import { type IniFile, parseConnection, parseIni } from './ini.ts';

/** Where the images keep the configuration. */
export const configurationFile = '/etc/pgbouncer/pgbouncer.ini';

/** Settings of PgBouncer 1.18 and later where nobody sets them. Source: pgbouncer(5). */
const defaults: Readonly<Record<string, string>> = {
  auth_type: 'md5',
  auth_file: '',
  auth_hba_file: '',
  admin_users: '',
  stats_users: '',
  client_tls_sslmode: 'disable',
  server_tls_sslmode: 'prefer',
  pool_mode: 'session',
  max_client_conn: '100',
  default_pool_size: '20',
  max_db_connections: '0',
  unix_socket_dir: '/tmp',
  listen_port: String(defaultPort),
};

/** One setting with where it stands, or where it would. */
export interface Setting {
  readonly value: string;
  readonly at: Location;
  readonly byDefault: boolean;
}

/** The configuration of one pooler. */
export type Posture =
  | {
      readonly state: 'known';
      readonly file: ProjectFile;
      readonly ini: IniFile;
      readonly setting: (name: string) => Setting;
      readonly at: (line: number) => Location;
    }
  | { readonly state: 'unknown'; readonly why: string; readonly at: Location };

const pathOf = (service: Service): string =>
  service.command?.value.find((word) => word.endsWith('.ini')) ?? configurationFile;

/** Reads the mounted `pgbouncer.ini` of a service. What the image would write by itself is not known. */
export const postureOf = (stack: Stack, service: Service): Posture => {
  const path = pathOf(service);
  const file = mountedFile(stack, service, path);
  const anchor = service.image?.at ?? service.at;
  if (file?.text === undefined)
    return {
      state: 'unknown',
      at: anchor,
      why:
        hostPathOf(stack, service, path) === undefined
          ? `no file of the project is mounted at ${path}, and what the image writes there is not known`
          : `the text of what is mounted at ${path} is not available`,
    };
  const ini = parseIni(file.text);
  const at = (line: number): Location => ({ file: file.path, line, column: 1 });
  const [invalid] = ini.invalid;
  if (invalid !== undefined)
    return { state: 'unknown', at: at(invalid.line), why: `PgBouncer refuses line ${invalid.line} of ${file.path}` };
  const [include] = ini.includes;
  if (include !== undefined)
    return { state: 'unknown', at: at(include.line), why: `${file.path} includes another file, which is not read` };
  const broken = ini.databases.find(({ value }) => parseConnection(value) === undefined);
  if (broken !== undefined)
    return {
      state: 'unknown',
      at: at(broken.line),
      why: `line ${broken.line} of ${file.path} is no connection string`,
    };
  return {
    state: 'known',
    file,
    ini,
    at,
    setting: (name) => {
      const found = ini.settings.findLast((entry) => entry.name === name);
      return found === undefined
        ? { value: defaults[name] ?? '', at: at(1), byDefault: true }
        : { value: found.value, at: at(found.line), byDefault: false };
    },
  };
};

/** The container port that the pooler listens on. */
export const containerPort = (stack: Stack, service: Service): number => {
  const posture = postureOf(stack, service);
  const port = posture.state === 'known' ? Number(posture.setting('listen_port').value) : defaultPort;
  return Number.isInteger(port) && port > 0 ? port : defaultPort;
};

/** The init script of the hardened posture, as a path of the container; undefined in every other posture. */
export const hardenedEntrypoint = (service: Service): string | undefined =>
  service.entrypoint?.value.find((word) => word.endsWith('/init-approle.sh'));
