import type { KindHints } from '../../contracts/service-kind.ts';

/** Ports of the bundled reference API; many others use them too. */
export const httpPort = 8000;
export const httpsPort = 8443;

const applicationWords = /api|app|web|backend|service/i;

/** Ports that application servers and frameworks listen on by default. */
const isHttpPort = (port: number): boolean =>
  [80, 443, 3000, 3001, 4000, 5000, 5001, 8443, 8888, 9000, 9443].includes(port) || (port >= 8000 && port <= 8099);

/** Words in names of images, build contexts and programs of what is no application: stores, brokers, proxies, tools. */
const infrastructure = new RegExp(
  `(?<![a-z])(?:${[
    'postgres|pgbouncer|pgpool|pgadmin|mysql|mariadb|percona|proxysql|phpmyadmin|adminer|mongo|couch|cassandra|scylla|cockroach',
    'clickhouse|influx|timescale|neo4j|elastic|opensearch|kibana|logstash|solr|redis|valkey|keydb|dragonfly|memcached',
    'rabbitmq|kafka|redpanda|zookeeper|nats(?![a-z])|activemq|mosquitto|emqx|etcd|consul|vault|openbao|minio|seaweed',
    'nginx|traefik|caddy|haproxy|envoy|kong|apisix|httpd|apache|varnish|squid|oauth2-proxy|gateway|ingress',
    'prometheus|grafana|loki|promtail|tempo(?![a-z])|jaeger|zipkin|otel|opentelemetry|alertmanager|cadvisor|exporter|telegraf|fluent|vector(?![a-z])|sentry',
    'keycloak|dex(?![a-z])|authentik|forgejo|gitea|gitlab|jenkins|sonar|nexus|harbor|registry|portainer|watchtower|mailhog|mailpit|localstack',
  ].join('|')})`,
  'i',
);

/**
 * How sure it is that a service is an application that serves HTTP: never more than a weak hint. It has to be built from
 * sources, be named like an application, and listen on a port that applications use.
 */
export const matches = ({ name, image, build, program, ports }: KindHints): 0 | 1 | 2 => {
  const described = [name, image, build, program].filter((text) => text !== undefined);
  if (described.some((text) => infrastructure.test(text))) return 0;
  if (build === undefined || !(applicationWords.test(name) || applicationWords.test(build))) return 0;
  return ports.some(isHttpPort) ? 1 : 0;
};
