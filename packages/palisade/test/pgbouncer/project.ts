/** A development stack whose two applications reach PostgreSQL through PgBouncer: its files, by path. */
export const files: Readonly<Record<string, string>> = {
  'compose.yaml': `name: pooled
services:
  vault:
    image: hashicorp/vault:1.20
    command: ["server", "-dev", "-dev-listen-address=0.0.0.0:8200"]
    environment:
      VAULT_DEV_ROOT_TOKEN_ID: root
    ports: ["8200:8200"]
  postgres:
    image: postgres:17-alpine
    environment:
      POSTGRES_USER: devuser
      POSTGRES_PASSWORD: canary-devpassword
      POSTGRES_DB: devdb
      POSTGRES_HOST_AUTH_METHOD: trust
    ports: ["5432:5432"]
    volumes:
      - data:/var/lib/postgresql/data
      - ./init:/docker-entrypoint-initdb.d:ro
    depends_on: [vault]
  pgbouncer:
    image: edoburu/pgbouncer:v1.24.1-p1
    environment:
      VAULT_TOKEN: root
      DATABASES_HOST: postgres
      DATABASES_PORT: 5432
      DATABASES_DBNAME: devdb
    ports: ["6432:6432"]
    volumes:
      - ./pgbouncer.ini:/etc/pgbouncer/pgbouncer.ini:ro
      - ./userlist.txt:/etc/pgbouncer/userlist.txt:ro
    depends_on: [postgres]
    healthcheck:
      test: ["CMD-SHELL", "pg_isready -h 127.0.0.1 -p 6432"]
  reference-api:
    build:
      context: ../apps/reference-api
    environment:
      VAULT_ADDR: http://vault:8200
      VAULT_TOKEN: root
      REFERENCE_API_POSTURE: development
      DATABASE_URL: postgresql://devuser:canary-devpassword@pgbouncer:6432/devdb?sslmode=disable
    ports: ["8000:8000"]
    depends_on: [vault, pgbouncer]
  worker-api:
    build:
      context: ../apps/reference-api
    environment:
      VAULT_ADDR: http://vault:8200
      VAULT_TOKEN: root
      REFERENCE_API_POSTURE: development
      DATABASE_URL: postgresql://devuser:canary-devpassword@pgbouncer:6432/devdb?sslmode=disable
    ports: ["8001:8000"]
    depends_on: [vault, pgbouncer]
volumes:
  data:
`,
  'init/10-users.sql':
    "CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL, email text, created_at timestamptz DEFAULT now()); INSERT INTO users (name) VALUES ('Ada');\n",
  'pgbouncer.ini': `[databases]
devdb = host=postgres port=5432 dbname=devdb user=devuser password=canary-devpassword
[pgbouncer]
listen_addr = 0.0.0.0
listen_port = 6432
auth_type = any
auth_file = /etc/pgbouncer/userlist.txt
admin_users = devuser
server_tls_sslmode = disable
ignore_startup_parameters = extra_float_digits
`,
  'userlist.txt': '"devuser" "canary-devpassword"\n',
};
