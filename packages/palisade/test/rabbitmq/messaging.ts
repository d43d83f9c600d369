import type { Runtime } from '../../src/contracts/runtime.ts';
import { systemContext } from '../../src/jobs/context.ts';
import { type PostureChange, changePosture } from '../posture-change.ts';

/** A program that is alone in the default vhost, and one that names a vhost. Neither has a server here, but both have accounts. */
export const consumer = 'orders-api';
export const other = 'billing-api';

const consumerText = (name: string, port: number, url: string): string => `  ${name}:
    build:
      context: ./${name}
    environment:
      RABBITMQ_URL: ${url}
    ports: ["${port}:${port}"]
    depends_on: [rabbitmq]
`;

const files: Readonly<Record<string, string>> = {
  'compose.yaml': `name: messaging
services:
  vault:
    image: hashicorp/vault:1.20
    command: ["server", "-dev", "-dev-listen-address=0.0.0.0:8200"]
    environment:
      VAULT_DEV_ROOT_TOKEN_ID: root
    ports: ["8200:8200"]
  rabbitmq:
    image: rabbitmq:4.1-management-alpine
    environment:
      VAULT_ADDR: http://vault:8200
      VAULT_TOKEN: root
      RABBITMQ_DEFAULT_USER: guest
      RABBITMQ_DEFAULT_PASS: guest
    ports: ["5672:5672", "15672:15672"]
    volumes:
      - messages:/var/lib/rabbitmq
      - ./rabbitmq.conf:/etc/rabbitmq/rabbitmq.conf:ro
    depends_on: [vault]
    healthcheck:
      test: ["CMD", "rabbitmq-diagnostics", "-q", "ping"]
${consumerText(consumer, 8000, 'amqp://guest:guest@rabbitmq:5672/')}${consumerText(other, 8001, 'amqp://guest:guest@rabbitmq:5672/billing')}volumes:
  messages:
`,
  'rabbitmq.conf': `listeners.tcp.default = 5672
loopback_users = none
management.tcp.port = 15672
heartbeat = 30
log.console.level = debug
`,
};

/** What every wait of the test is bounded by. */
export const context = systemContext(AbortSignal.timeout(300_000), () => undefined);

/** Starts the stack in its development posture, asks it, hardens it, and starts that. */
export const startMessaging = (inDevelopment: (runtime: Runtime) => Promise<void>): Promise<PostureChange> =>
  changePosture({
    kind: 'rabbitmq',
    files,
    context,
    consumers: [consumer, other],
    secrets: ['rabbitmq', `rabbitmq/${consumer}`, `rabbitmq/${other}`],
    way: 'take-over',
    inDevelopment,
  });
