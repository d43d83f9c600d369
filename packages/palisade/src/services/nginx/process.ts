import { connect } from 'node:net';
import { join } from 'node:path';
import type { ProcessCapability, ProcessCommand, ProcessContext } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { withTimeout } from '../../support/concurrency.ts';
import { writeFileAtomically } from '../../support/files.ts';
import { loadConfiguration } from './configuration/load.ts';
import { type Listen, serversOf } from './configuration/servers.ts';
import { error } from './errors.ts';
import { type Directive, directive, print } from './syntax/directive.ts';

const d = directive;

const listensOf = (directives: readonly Directive[]): readonly Listen[] =>
  serversOf(directives).flatMap(({ listens }) => listens);

/** Container ports that the configuration listens on. */
export const portsOf = (service: Service, stack: Stack): readonly number[] => {
  const configuration = loadConfiguration(stack, service);
  if (configuration.state === 'unknown') return [];
  return [...new Set(listensOf(configuration.directives).flatMap(({ port }) => port ?? []))];
};

/** Settings that nginx would look for outside of its own directory, and what stands for them here. */
const replaced = /^(?:pid|user|daemon|error_log|(?:client_body|proxy|fastcgi|uwsgi|scgi)_temp_path)$/;

/** The configuration as it reads on this host: loopback ports, files below the service's own directory. */
const renderHere = (directives: readonly Directive[], { layout, service }: ProcessContext): string => {
  const state = layout.stateDirectory;
  const rewrite = (each: Directive): readonly Directive[] => {
    if (replaced.test(each.name)) return [];
    if (each.name === 'listen') {
      const [where = '', ...options] = each.args;
      if (where.startsWith('[')) return [];
      const port = layout.port(service.name, Number(/(\d+)$/.exec(where)?.[1] ?? 80));
      return [d('listen', [`127.0.0.1:${port}`, ...options])];
    }
    if (each.name === 'access_log' && /^\/(?:dev\/stdout|var\/log\/)/.test(each.args[0] ?? ''))
      return [d('access_log', [join(state, 'access.log'), ...each.args.slice(1)])];
    return [each.block === undefined ? each : { ...each, block: each.block.flatMap(rewrite) }];
  };
  const here = directives.flatMap(rewrite).map((each) =>
    each.name !== 'http'
      ? each
      : {
          ...each,
          block: [
            ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) =>
              d(`${name}_temp_path`, [join(state, name)]),
            ),
            // Where nothing is said, nginx would write to the directory of the distribution.
            ...(each.block?.some(({ name }) => name === 'access_log') === true
              ? []
              : [d('access_log', [join(state, 'access.log')])]),
            ...(each.block ?? []),
          ],
        },
  );
  const text = layout.text(print(here));
  // nginx would use both addresses of `localhost`, and the servers of this host listen on one.
  const upstreams = text.replaceAll(/(proxy_pass https?:\/\/|server )localhost:(\d+)/g, '$1127.0.0.1:$2');
  return `${print([d('daemon', ['off']), d('pid', [join(state, 'nginx.pid')]), d('error_log', ['stderr', 'warn'])])}${upstreams}`;
};

const fileOf = ({ layout }: ProcessContext): string => join(layout.stateDirectory, 'nginx.conf');

const commandOf = (context: ProcessContext, args: readonly string[]): ProcessCommand => {
  const program = context.program('nginx');
  if (program === undefined) throw error('nginx/not-installed', { service: context.service.name });
  return {
    program,
    args: ['-e', 'stderr', '-p', context.layout.stateDirectory, '-c', fileOf(context), ...args],
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', HOME: context.layout.stateDirectory },
  };
};

/** Resolves where the port accepts a connection. */
const accepts = (port: number, outer: AbortSignal): Promise<void> =>
  withTimeout(
    2_000,
    outer,
    (signal) =>
      new Promise<void>((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port, signal });
        socket.once('connect', () => {
          socket.destroy();
          resolve();
        });
        socket.once('error', reject);
      }),
  );

/** Runs the nginx that is installed, on the configuration of the stack, as an unprivileged account. */
export const processCapability: ProcessCapability = {
  ports: portsOf,
  leftOut: (service, stack) => {
    const configuration = loadConfiguration(stack, service);
    if (configuration.state === 'unknown') return `its configuration is not known: ${configuration.why}`;
    const socket = listensOf(configuration.directives).find(({ port }) => port === undefined);
    return socket === undefined ? undefined : `it listens on ${socket.address}`;
  },
  plan: async (context) => {
    const { stack, service, layout, account } = context;
    const configuration = loadConfiguration(stack, service);
    if (configuration.state === 'unknown')
      throw error('nginx/configuration-unknown', { service: service.name, why: configuration.why });
    const run = commandOf(context, []);
    await writeFileAtomically(fileOf(context), renderHere(configuration.directives, context), {
      mode: 0o600,
      ...account,
    });
    const ports = portsOf(service, stack).map((port) => layout.port(service.name, port));
    return {
      prepare: [],
      run,
      ready: async (signal) => {
        for (const port of ports) await accepts(port, signal);
      },
      stopSignal: 'SIGTERM',
      reloadSignal: 'SIGHUP',
    };
  },
  client: (context, [, ...args]) => commandOf(context, args),
};
