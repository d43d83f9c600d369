import { defineErrors } from '../support/errors.ts';

interface Shapes {
  'runtime/busy': { directory: string; pid: number };
  'runtime/no-proc': { path: string };
  'runtime/state-unreadable': { file: string; why: string };
  'runtime/unknown-service': { service: string; known: readonly string[] };
  'runtime/unknown-port': { service: string; port: number };
  'runtime/no-free-port': { service: string; port: number };
  'runtime/port-taken': { service: string; ports: readonly number[] };
  'runtime/way-closed': { service: string; path: string; closedAt: string; why: string };
  'runtime/mirror-too-large': { service: string; path: string; files: number; bytes: number };
  'runtime/start-failed': { service: string; why: string; log: string; tail: readonly string[] };
  'runtime/cannot-stop': { service: string; pids: readonly number[] };
  'runtime/not-running': { service: string };
  'runtime/still-running': { services: readonly string[]; directory: string };
  'runtime/no-client': { service: string; kind: string };
  'runtime/no-reload': { service: string; kind: string };
  'runtime/left-out': { service: string; reason: string };
  'runtime/exec-timeout': { service: string; milliseconds: number };
  'runtime/read-only': { operation: string; service?: string };
}

/** Errors of the runtimes that need no container engine. */
export const { error, definitions } = defineErrors<Shapes>({
  'runtime/busy': {
    exit: 2,
    summary: 'Another Palisade process is starting or stopping the same stack.',
    message: ({ directory, pid }) => `process ${pid} is changing the services of ${directory}`,
    next: () => 'Wait until it has ended, or end it, then try again.',
  },
  'runtime/no-proc': {
    exit: 2,
    summary: 'The process runtime runs where the proc file system of Linux is not mounted.',
    message: ({ path }) => `the process runtime recognises its services by ${path}, and there is none`,
    next: () => 'Use the compose runtime on this machine.',
  },
  'runtime/state-unreadable': {
    exit: 3,
    summary: 'The record of the running services cannot be read.',
    message: ({ file, why }) => `${file} cannot be used: ${why}`,
    next: ({ file }) =>
      `End the services that still run by hand (their output goes to the logs beside it), then delete ${file}.`,
  },
  'runtime/unknown-service': {
    exit: 2,
    summary: 'A name was given that is no active service of the stack.',
    message: ({ service }) => `the stack has no active service ${service}`,
    next: ({ known }) => `Use one of: ${known.join(', ')}.`,
  },
  'runtime/unknown-port': {
    exit: 2,
    summary: 'A kind asked for the host port of a container port on which no service listens.',
    message: ({ service, port }) => `${service} does not listen on container port ${port} in this posture`,
    next: () => 'Name one of the ports that the service kind declares for the service.',
  },
  'runtime/no-free-port': {
    exit: 3,
    summary: 'No free loopback port was found.',
    message: ({ service, port }) => `no free loopback port was found for port ${port} of ${service}`,
    next: () => 'End programs that hold many ports between 20000 and 32767, then try again.',
  },
  'runtime/port-taken': {
    exit: 3,
    summary: 'A port of a service that has to keep it was taken by another program.',
    message: ({ service, ports }) => `another program listens on port ${ports.join(', ')}, which belongs to ${service}`,
    next: () => 'Run `palisade down` and `palisade up`, so that the whole stack gets other ports.',
  },
  'runtime/way-closed': {
    exit: 2,
    summary: 'The unprivileged account of a service has no right of way to something that it needs.',
    message: ({ service, path, closedAt, why }) =>
      `${service} cannot reach ${path}: ${closedAt} is closed to its account; ${why}`,
    next: ({ closedAt }) =>
      `Let other accounts pass through it (chmod o+x ${closedAt}), move the project to a directory that they may enter (for example below /srv), or run Palisade as an ordinary user.`,
  },
  'runtime/mirror-too-large': {
    exit: 2,
    summary: 'A program or its libraries are closed to the account of a service, and too much to be mirrored for it.',
    message: ({ service, path, files, bytes }) =>
      `${service} cannot reach ${path}, and what it needs there is more than ${files} files or ${bytes / 1024 / 1024} MiB`,
    next: () =>
      'Move it to a directory that other accounts may enter (for example below /srv), or run Palisade as an ordinary user.',
  },
  'runtime/start-failed': {
    exit: 3,
    summary: 'A service did not start or did not become ready in time.',
    message: ({ service, why, tail }) =>
      `${service} did not start: ${why}${tail.length === 0 ? '; it logged nothing' : `; it logged last:\n${tail.map((line) => `  ${line}`).join('\n')}`}`,
    next: ({ log }) => `Read ${log}, mend what it says, and run \`palisade up\` again.`,
  },
  'runtime/cannot-stop': {
    exit: 3,
    summary: 'Processes of a service outlived SIGKILL.',
    message: ({ service, pids }) => `processes ${pids.join(', ')} of ${service} could not be ended`,
    next: () => 'Look at them with ps: they hang in the kernel, or belong to another user.',
  },
  'runtime/not-running': {
    exit: 3,
    summary: 'Something was asked of a service that does not run.',
    message: ({ service }) => `${service} is not running`,
    next: () => 'Start it with `palisade up`.',
  },
  'runtime/still-running': {
    exit: 2,
    summary: 'The data of services was to be removed while they run.',
    message: ({ services, directory }) => `${services.join(', ')} still run; nothing in ${directory} was removed`,
    next: () => 'Stop them with `palisade down` first.',
  },
  'runtime/no-client': {
    exit: 3,
    summary: 'The kind of the service names no client program.',
    message: ({ service, kind }) => `there is no client for ${service}: the kind ${kind} has none on this runtime`,
    next: () => 'Use the compose runtime, or the client program by hand.',
  },
  'runtime/no-reload': {
    exit: 3,
    summary: 'The server has no signal that makes it reread its configuration.',
    message: ({ service, kind }) => `${service} cannot reread its configuration: the kind ${kind} has no signal for it`,
    next: () => 'Restart the service instead.',
  },
  'runtime/left-out': {
    exit: 3,
    summary: 'Something was asked of a service that this runtime cannot run.',
    message: ({ service, reason }) => `${service} is not run here: ${reason}`,
    next: () => 'Install what is missing, or use the compose runtime.',
  },
  'runtime/exec-timeout': {
    exit: 3,
    summary: 'A client program did not end in time.',
    message: ({ service, milliseconds }) =>
      `the client of ${service} did not end within ${milliseconds} ms and was killed`,
    next: () => 'See with `palisade status` and in the log whether the service still answers.',
  },
  'runtime/read-only': {
    exit: 2,
    summary: 'A change was asked of services that Palisade only looks at.',
    message: ({ operation, service }) =>
      `${operation}${service === undefined ? '' : ` of ${service}`} is not possible: these services run elsewhere and are only looked at`,
    next: () => 'Use the tool that started them, or choose the process or the compose runtime.',
  },
});
