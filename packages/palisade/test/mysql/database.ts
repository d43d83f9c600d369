import { systemContext } from '../../src/jobs/context.ts';
import { type PostureChange, changePosture } from '../posture-change.ts';

/** The servers: one in MariaDB's image, one in MySQL's, for which the MariaDB of this machine stands in. */
export const servers = ['db', 'legacy'] as const;
/** A program of the user's own: it has no server here, but an account and a certificate. */
export const consumer = 'shop-api';
/** Connections that the server takes: fewer than the production posture would allow. */
export const mostConnections = 40;
/** The password of the development posture, which is dead afterwards. */
export const formerPassword = "dev'pass word\\";

const files: Readonly<Record<string, string>> = {
  'compose.yaml': `name: shop
services:
  vault:
    image: hashicorp/vault:1.20
    command: ["server", "-dev", "-dev-listen-address=0.0.0.0:8200"]
    environment:
      VAULT_DEV_ROOT_TOKEN_ID: root
    ports: ["8200:8200"]
  db:
    image: mariadb:10.11
    environment:
      VAULT_ADDR: http://vault:8200
      VAULT_TOKEN: root
      MARIADB_ROOT_PASSWORD: "${formerPassword.replaceAll('\\', '\\\\')}"
      MARIADB_DATABASE: shop_data
      MARIADB_USER: dev
      MARIADB_PASSWORD: devpassword
    volumes:
      - db-data:/var/lib/mysql
      - ./conf:/etc/mysql/conf.d:ro
      - ./seed:/docker-entrypoint-initdb.d:ro
    ports: ["3306:3306"]
    depends_on: [vault]
    healthcheck:
      test: ["CMD", "healthcheck.sh", "--connect"]
  legacy:
    image: mysql:8.4
    command: ["--general-log=ON", "--local-infile=1", "--secure-file-priv="]
    environment:
      VAULT_ADDR: http://vault:8200
      VAULT_TOKEN: root
      MYSQL_ALLOW_EMPTY_PASSWORD: "yes"
      MYSQL_DATABASE: old
    ports: ["3307:3306"]
    depends_on: [vault]
  ${consumer}:
    build:
      context: ./shop
    environment:
      MYSQL_URL: mysql://dev:devpassword@db:3306/shop_data
      LEGACY_URL: mysql://root@legacy:3306/old
    ports: ["8000:8000"]
    depends_on: [db, legacy]
volumes:
  db-data:
`,
  'conf/dev.cnf': `[mysqld]
max_connections = ${mostConnections}
character-set-server = utf8mb4
general_log = ON   # every statement

[mysqldump]
quick
`,
  'seed/10-items.sql': `CREATE TABLE items (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(100) NOT NULL);
INSERT INTO items (name) VALUES ('lamp'), ('chair');
CREATE DATABASE shopXdata;
CREATE TABLE shopXdata.secrets (id INT PRIMARY KEY);
CREATE USER ''@'localhost';
CREATE USER ''@'%';
`,
};

/** What every wait of the test is bounded by. */
export const context = systemContext(AbortSignal.timeout(180_000), () => undefined);

/** Starts the stack in its development posture, asks it, hardens it, and starts that. */
export const startDatabase = (): Promise<PostureChange> =>
  changePosture({
    kind: 'mysql',
    files,
    context,
    consumers: [consumer],
    secrets: [...servers, ...servers.map((server) => `${server}/${consumer}`)],
    way: 'in-place',
  });
