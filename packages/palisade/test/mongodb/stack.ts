import type { Runtime } from '../../src/contracts/runtime.ts';
import { systemContext } from '../../src/jobs/context.ts';
import { type PostureChange, changePosture } from '../posture-change.ts';

/** The server. */
export const server = 'mongodb';
/** A program of the user's own: it has no server here, but an account and a certificate. */
export const consumer = 'notes-api';
/** The database of the consumer. */
export const database = 'notes';
/** The administrator of the development posture, whose password is everybody's. */
export const former = { username: 'root', password: 'example', database: 'admin' } as const;

const files: Readonly<Record<string, string>> = {
  'compose.yaml': `name: noted
services:
  vault:
    image: hashicorp/vault:1.20
    command: ["server", "-dev", "-dev-listen-address=0.0.0.0:8200"]
    environment:
      VAULT_DEV_ROOT_TOKEN_ID: root
    ports: ["8200:8200"]
  ${server}:
    image: mongo:8.0
    command: ["mongod", "--config", "/etc/mongo/mongod.conf"]
    environment:
      VAULT_ADDR: http://vault:8200
      VAULT_TOKEN: root
      MONGO_INITDB_ROOT_USERNAME: ${former.username}
      MONGO_INITDB_ROOT_PASSWORD: ${former.password}
    ports: ["27017:27017"]
    volumes:
      - notes:/data/db
      - ./mongod.conf:/etc/mongo/mongod.conf:ro
    depends_on: [vault]
    healthcheck:
      test: ["CMD", "mongosh", "--quiet", "--eval", "db.runCommand('ping').ok"]
  ${consumer}:
    build:
      context: ./notes
    environment:
      MONGODB_URL: mongodb://${former.username}:${former.password}@${server}:27017/${database}?authSource=admin
    ports: ["8000:8000"]
    depends_on: [${server}]
volumes:
  notes:
`,
  'mongod.conf': `# The user's own.
net:
  bindIp: 0.0.0.0
  tls:
    mode: disabled
storage:
  dbPath: /data/db
  directoryPerDB: true
systemLog:
  verbosity: 1
`,
};

/** What every wait of the test is bounded by. */
export const context = systemContext(AbortSignal.timeout(120_000), () => undefined);

/** Starts the stack in its development posture, asks it, hardens it, and starts that. */
export const startNoted = (inDevelopment: (runtime: Runtime) => Promise<void>): Promise<PostureChange> =>
  changePosture({
    kind: 'mongodb',
    files,
    context,
    consumers: [consumer],
    secrets: [server, `${server}/${consumer}`],
    way: 'take-over',
    inDevelopment,
  });
