import { systemContext } from '../../src/jobs/context.ts';
import { type PostureChange, changePosture } from '../posture-change.ts';

/** The nodes of the cluster, by name. */
export const nodes = ['redis-1', 'redis-2', 'redis-3'] as const;
/** A program of the user's own: it has no server here, but an account and a certificate. */
export const consumer = 'sessions-api';
/** Clients that a node takes: fewer than the production posture would allow. */
export const mostClients = 60;

const nodeText = (name: string): string => `  ${name}:
    image: redis:7.4-alpine
    command: ["redis-server", "/usr/local/etc/redis/redis.conf"]
    environment:
      VAULT_ADDR: http://vault:8200
      VAULT_TOKEN: root
    volumes:
      - ${name}-data:/data
      - ./redis.conf:/usr/local/etc/redis/redis.conf:ro
    depends_on: [vault]
    healthcheck:
      test: ["CMD", "redis-cli", "ping"]
`;

const files: Readonly<Record<string, string>> = {
  'compose.yaml': `name: cached
services:
  vault:
    image: hashicorp/vault:1.20
    command: ["server", "-dev", "-dev-listen-address=0.0.0.0:8200"]
    environment:
      VAULT_DEV_ROOT_TOKEN_ID: root
    ports: ["8200:8200"]
${nodes.map(nodeText).join('')}  ${consumer}:
    build:
      context: ./sessions
    environment:
      REDIS_URL: redis://redis-1:6379
    ports: ["8000:8000"]
    depends_on: [redis-1]
volumes:
${nodes.map((name) => `  ${name}-data:\n`).join('')}`,
  'redis.conf': `bind 0.0.0.0
protected-mode no
port 6379
cluster-enabled yes
dir /data
appendonly yes
maxclients ${mostClients}
enable-debug-command yes
loglevel debug
`,
};

/** What every wait of the test is bounded by. */
export const context = systemContext(AbortSignal.timeout(120_000), () => undefined);

/** Starts the stack in its development posture, asks it, hardens it, and starts that. */
export const startCluster = (): Promise<PostureChange> =>
  changePosture({
    kind: 'redis',
    files,
    context,
    consumers: [consumer],
    secrets: [...nodes, `redis-1/${consumer}`],
    way: 'copy',
  });
