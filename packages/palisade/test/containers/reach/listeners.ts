import type { ResolvedProject } from '../stack/project.ts';

/** The port on which every listener answers. */
export const listenerPort = 7777;

/**
 * An override file that puts into each container of a project a program that only listens. What the engine does with the
 * container (its networks, its user, its limits) stays as the project says; what the service itself needs is left out.
 */
export const listenersInstead = ({ services }: ResolvedProject): string =>
  [
    'services:',
    ...Object.keys(services).flatMap((service) => [
      `  ${service}:`,
      '    image: palisade-stand-in/listener',
      '    build: !reset null',
      '    container_name: !reset null',
      '    entrypoint: !override ["listen"]',
      `    command: !override ["${listenerPort}"]`,
      '    environment: !reset {}',
      '    volumes: !reset []',
      '    secrets: !reset []',
      '    depends_on: !reset {}',
      '    ports: !reset []',
      // A name that the engine does not know is refused at once, and asked of nobody outside.
      '    dns: !override ["127.0.0.1"]',
      '    dns_opt: !override ["timeout:2", "attempts:1"]',
      '    healthcheck: !override { disable: true }',
    ]),
    '',
  ].join('\n');
