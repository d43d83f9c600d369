/** A Compose file of about the given number of lines: services with anchors, merges, comments and interpolation, as people write them. */
export const largeProject = (lines: number): string => {
  const head = [
    'x-logging: &logging',
    '  driver: json-file',
    '  options: { max-size: "10m", max-file: "3" }',
    'x-health: &health',
    '  interval: ${HEALTH_INTERVAL:-30s}',
    '  retries: 5',
    'networks:',
    '  services: {}',
    'services:',
  ];
  const images = [
    'postgres:16.6-alpine3.21',
    'redis:7.4-alpine',
    'hashicorp/vault:1.18',
    'nginx:1.27',
    'example/worker:1.2.3',
  ];
  const service = (number: number): readonly string[] => [
    `  # Service ${number}`,
    `  service-${number}:`,
    `    image: ${images[number % images.length] ?? 'busybox'}`,
    `    container_name: dev-service-${number}`,
    '    restart: unless-stopped',
    '    environment:',
    '      VAULT_ADDR: ${VAULT_ADDR:-http://service-2:8200}',
    '      VAULT_TOKEN: ${VAULT_TOKEN}',
    `      DATABASE_PASSWORD: \${PASSWORD_${number}:-changeme}`,
    `      UPSTREAM_HOST: service-${Math.max(0, number - 1)}`,
    '      UPSTREAM_PORT: 5432',
    '    ports:',
    `      - "\${PORT_${number}:-${10_000 + number}}:5432"`,
    '    volumes:',
    `      - ./configs/service-${number}.conf:/etc/service.conf:ro`,
    '    networks:',
    '      services:',
    `        aliases: [alias-${number}]`,
    '    depends_on:',
    `      service-${Math.max(0, number - 1) === number ? number + 1 : Math.max(0, number - 1)}:`,
    '        condition: service_started',
    '    healthcheck:',
    '      <<: *health',
    '      test: ["CMD", "true"]',
    '    logging: *logging',
    '    deploy:',
    '      resources:',
    '        limits:',
    "          cpus: '1'",
    '          memory: 512M',
    '',
  ];
  const body: string[] = [];
  for (let number = 1; head.length + body.length < lines; number++) body.push(...service(number));
  return [...head, ...body, ''].join('\n');
};
