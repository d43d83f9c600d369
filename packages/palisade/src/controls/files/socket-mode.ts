import type { Control } from '../../contracts/control.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { configurationLines } from '../mounted-files.ts';
import { type Fault, askEachService } from '../question.ts';
import { findWritten } from '../source-text.ts';

/** Settings for the mode of a UNIX socket: PostgreSQL, PgBouncer, Redis. */
const setting = /\b(unix_socket_permissions|unix_socket_mode|unixsocketperm)(?:\s*=\s*|\s+)['"]?(0?[0-7]{3})\b/g;

const isOpen = (mode: string): boolean => (Number.parseInt(mode, 8) & 0o007) !== 0;

const inCommand = (stack: Stack, { name, command }: Service): readonly Fault[] =>
  command === undefined
    ? []
    : [...command.value.join(' ').matchAll(setting)].flatMap(([, option = '', mode = '']) =>
        isOpen(mode)
          ? [
              {
                message: `${name} opens its socket to everybody (${option} ${mode})`,
                at: findWritten(stack, command.at, option) ?? command.at,
                key: option,
              },
            ]
          : [],
      );

/** F06: the UNIX socket of a service is not open to everybody. */
export const control: Control = {
  id: 'files/socket-mode',
  aliases: ['F06'],
  title: 'UNIX sockets are not open to everybody',
  severity: 'low',
  rationale:
    'Servers trust a connection over their socket more than one over the network, often without a password: a socket with mode 0777 gives that trust to every account that can see it.',
  fix: 'Set the mode of the socket to 0700, or 0770 with a group of its own.',
  references: [
    { source: 'PgBouncer configuration', section: 'unix_socket_mode', url: 'https://www.pgbouncer.org/config.html' },
    {
      source: 'PostgreSQL documentation',
      section: 'unix_socket_permissions',
      url: 'https://www.postgresql.org/docs/current/runtime-config-connection.html',
    },
  ],
  checklist: ['file-permissions'],
  static: askEachService({
    sound: 'sets no socket open to everybody',
    *faults(service, stack) {
      yield* inCommand(stack, service);
      for (const { file, line, text } of configurationLines(stack, service))
        for (const [, option = '', mode = ''] of text.matchAll(setting))
          if (isOpen(mode))
            yield {
              message: `${service.name} opens its socket to everybody (${option} ${mode})`,
              at: { file, line, column: 1 },
              key: `${file} ${option}`,
            };
    },
  }),
};
