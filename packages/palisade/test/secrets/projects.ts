/** A secret that is looked for. */
export interface Canary {
  /** Where it stands, for the message of a failure. */
  readonly place: string;
  readonly head: string;
  readonly tail: string;
  /** Head and tail, with a character between them. */
  readonly text: string;
}

/** Makes one more secret. */
export type Canaries = (place: string) => Canary;

type Files = Readonly<Record<string, string>>;

/** A text for YAML in double quotes, kept from being read as a variable. */
const quoted = (text: string): string => JSON.stringify(text.replaceAll('$', '$$$$'));

/** A text for a file that knows quotes but no escapes: what would end them is left out. */
const simple = ({ head, tail }: Canary): string => head + tail;

const privateKey = (secret: Canary): string =>
  `-----BEGIN PRIVATE KEY-----\n${simple(secret)}\n-----END PRIVATE KEY-----\n`;

/** A project with secrets in all the places where people put them. */
export const projectWith = (canary: Canaries): Files => {
  const yaml = (place: string): string => quoted(canary(place).text);
  const plain = (place: string): string => simple(canary(place));
  const encoded = (place: string): string => encodeURIComponent(canary(place).text).replaceAll("'", '%27');
  return {
    'compose.yaml': `x-database-password: &password ${yaml('an anchor')}
x-shared: &shared
  SHARED_TOKEN: ${yaml('a merged mapping')}
services:
  db:
    image: postgres:16
    ports:
      - "5432:5432"
    environment:
      POSTGRES_PASSWORD: ${yaml('an environment mapping')}
      POSTGRES_HOST_AUTH_METHOD: md5
      REPLICATION_PASSWORD: *password
    labels:
      com.example.api-key: ${yaml('a label')}
    healthcheck:
      test: ["CMD-SHELL", ${quoted(`PGPASSWORD=${plain('a health check')} psql -U postgres -c 'select 1'`)}]
    command: ["postgres", "-c", "ssl=off", "-c", ${quoted(`app.password=${plain('a setting on the command line')}`)}]
    volumes:
      - ./config/postgresql.conf:/etc/postgresql/postgresql.conf
      - ./config/init.sql:/docker-entrypoint-initdb.d/init.sql
  cache:
    image: redis:7
    ports: ["6379:6379"]
    command: ["redis-server", "--requirepass", ${yaml('an option of a command')}]
    healthcheck:
      test: ["CMD", "redis-cli", "-a", ${yaml('a short option')}, "ping"]
    volumes:
      - ./config/redis.conf:/usr/local/etc/redis/redis.conf
  cache-two:
    image: redis:7
    ports: ["6380:6379"]
    command: redis-server --requirepass ${plain('an option in shell syntax')} --loglevel debug
  pooler:
    image: edoburu/pgbouncer:1.23.1
    privileged: true
    environment:
      - ${quoted(`DB_PASSWORD=${canary('an environment list').text}`)}
      - DATABASE_URL=postgres://app:${encoded('the user information of a URL')}@db:5432/app
      - LOG_LEVEL=debug
    volumes:
      - ./config/userlist.txt:/etc/pgbouncer/userlist.txt
  sql:
    image: mysql:8
    ports: ["3306:3306"]
    environment:
      MYSQL_ROOT_PASSWORD: "\${MYSQL_PW:-${plain('a default')}}"
      MYSQL_PASSWORD: |
        ${plain('the first line of a block')}
        ${plain('the second line of a block')}
    healthcheck:
      test: mysqladmin ping -uroot -p${plain('an option without a space')}
    volumes:
      - ./config/my.cnf:/etc/mysql/conf.d/my.cnf
  vault:
    image: hashicorp/vault:1.15
    ports: ["8200:8200"]
    cap_add: [IPC_LOCK]
    environment:
      VAULT_DEV_ROOT_TOKEN_ID: ${yaml('the root token')}
    command: server -dev -dev-root-token-id=${plain('the root token on the command line')}
    volumes:
      - ./config/vault.hcl:/vault/config/vault.hcl
  app:
    build:
      context: ./app
      args:
        NPM_TOKEN: ${yaml('a build argument')}
    ports: ["8080:8080"]
    env_file: app.env
    secrets: [api]
    environment:
      <<: *shared
      DATABASE_URL: postgres://app:${encoded('another URL')}@db:5432/app
      DEBUG: "true"
      SESSION_SECRET: '${plain('single quotes')}'
  web:
    image: nginx:1.27
    ports: ["80:80"]
    volumes:
      - ./tls/key.pem:/etc/nginx/key.pem
      - ./config/nginx.conf:/etc/nginx/nginx.conf
secrets:
  api:
    file: ./api.txt
`,
    '.env': `MYSQL_PW=${plain('.env')}\nOTHER_TOKEN='${plain('quotes in .env')}'\nnonsense ${plain('a line of .env that is none')}\n`,
    'app.env': `API_TOKEN=${plain('an env_file')}\nSMTP_PASSWORD="${plain('an env_file with quotes')}\nNEXT=1\n`,
    'api.txt': plain('a secret file'),
    'tls/key.pem': privateKey(canary('a private key')),
    'app/Dockerfile': `FROM node:22\nARG BUILD_TOKEN=${plain('ARG')}\nENV APP_SECRET=${plain('ENV')}\nCMD ["node"]\n`,
    'config/postgresql.conf': `listen_addresses = '*'\nprimary_conninfo = 'host=a password=${plain('postgresql.conf')}'\n`,
    'config/init.sql': `CREATE ROLE app LOGIN PASSWORD '${plain('an SQL script')}';\n`,
    'config/redis.conf': `protected-mode no\nrequirepass ${plain('redis.conf')}\nuser app on >${plain('an ACL')} ~* +@all\n`,
    'config/userlist.txt': `"app" "${plain('userlist.txt')}"\n`,
    'config/my.cnf': `[client]\npassword=${plain('my.cnf')}\n[mysqld]\nbind-address=0.0.0.0\n`,
    'config/vault.hcl': `listener "tcp" {\n  address = "0.0.0.0:8200"\n  tls_disable = 1\n}\nseal "transit" {\n  token = "${plain('a seal of vault.hcl')}"\n  address = "https://x"\n  key_name = "k"\n  mount_path = "t"\n}\nstorage "file" {\n  path = "/vault/file"\n}\n`,
    'config/nginx.conf': `http {\n  server {\n    listen 80;\n    location / {\n      proxy_set_header Authorization "Bearer ${plain('nginx.conf')}";\n    }\n  }\n}\n`,
  };
};

const calm = 'services:\n  app:\n    image: example/app:1.2.3\n';

/** Compose files with a fault at the secret, or beside it. `@` stands for the secret. */
const brokenCompose: readonly string[] = [
  'services:\n  db:\n    image: postgres:16\n    environment:\n      POSTGRES_PASSWORD: "@\n',
  'services:\n  db:\n    environment: { POSTGRES_PASSWORD: @ \n',
  'services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: "a" @\n',
  'services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: "\\q@"\n',
  'services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: *@\n',
  'services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: !@ x\n',
  'services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: %@\n',
  'services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: a\n  @\n',
  'services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: x: @\n',
  '%@ directive\n---\nservices: {}\n',
  'services: {}\n}@\n',
  '@\n',
  'services:\n  db:\n    image: postgres:16\n    ports: ["@"]\n',
  'services:\n  db:\n    image: postgres:16\n    volumes: ["@:@:@:@"]\n',
  'services:\n  db:\n    image: postgres:16\n    environment: "@"\n',
  'services:\n  db:\n    image: postgres:16\n    privileged: "@"\n    mem_limit: "@"\n    restart: "@"\n',
  'services:\n  db:\n    image: postgres:16\n    environment:\n      POSTGRES_PASSWORD: "${POSTGRES_PASSWORD:?@}"\n',
  'services:\n  db:\n    image: postgres:16\n    environment:\n      POSTGRES_PASSWORD: "${POSTGRES_PASSWORD:-@"\n',
];

const brokenConfiguration: readonly string[] = [
  'treshold: @\n',
  'threshold: @\n',
  'threshold: "@\n',
  'recipients:\n  - AGE-SECRET-KEY-1@\n',
  'recipients: @\n',
  'services:\n  app:\n    kind: @\n',
  'unseal: { shares: "@", threshold: 3 }\n',
  'threshold: *@\n',
  'threshold: a @: b\n  @\n',
  'threshold: high\n}@\n',
];

const brokenFiles: readonly (readonly [path: string, mounted: string, text: string])[] = [
  ['vault.hcl', '/vault/config/vault.hcl', 'seal "transit" {\n  token = @ @\n'],
  ['vault.json', '/vault/config/vault.json', '{ "seal": { "transit": { "token": @'],
  ['vault.hcl', '/vault/config/vault.hcl', 'token = "@\nui = true\n'],
  ['vault.hcl', '/vault/config/vault.hcl', '@\n'],
];

/** Projects with faults beside secrets: each has one fault. */
export const brokenProjects = (canary: Canaries): readonly Files[] => {
  const filled = (text: string): string => text.replaceAll('@', () => simple(canary(JSON.stringify(text))));
  return [
    ...brokenCompose.map((text) => ({ 'compose.yaml': filled(text) })),
    ...brokenConfiguration.map((text) => ({ 'compose.yaml': calm, 'palisade.yaml': filled(text) })),
    ...brokenFiles.map(([path, mounted, text]) => ({
      'compose.yaml': `services:\n  vault:\n    image: openbao/openbao:2.5\n    command: server -config=${mounted}\n    volumes:\n      - ./${path}:${mounted}\n`,
      [path]: filled(text),
    })),
  ];
};
