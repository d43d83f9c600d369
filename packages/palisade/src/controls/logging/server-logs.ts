import type { Control } from '../../contracts/control.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { type ConfigurationLine, configurationLines } from '../mounted-files.ts';
import { type Fault, askEachService } from '../question.ts';
import { isNginx, isPostgres } from '../servers.ts';
import { findWritten } from '../source-text.ts';

interface Silence {
  readonly line: ConfigurationLine;
  readonly what: string;
}

/** Opens and closes blocks by the braces of a line; a block is known by the first word in front of its brace. */
const followBlocks = (blocks: string[], text: string): void => {
  let from = 0;
  for (const { index, 0: mark } of text.matchAll(/[{};]/g)) {
    if (mark === '{') blocks.push(/^\s*(\w*)/.exec(text.slice(from, index))?.[1] ?? '');
    if (mark === '}') blocks.pop();
    from = index + 1;
  }
};

/** `access_log off` and logs to /dev/null, but for single locations: those keep health checks out of the log. */
const nginxSilences = (lines: readonly ConfigurationLine[]): readonly Silence[] => {
  const blocks: string[] = [];
  const found: Silence[] = [];
  let file = '';
  for (const line of lines) {
    if (line.file !== file) blocks.length = 0;
    file = line.file;
    const inLocation = blocks.some((block) => block === 'location' || block === 'if');
    if (!inLocation && /^access_log\s+(?:off|\/dev\/null)\b/.test(line.text)) found.push({ line, what: 'accesses' });
    if (/^error_log\s+\/dev\/null\b/.test(line.text)) found.push({ line, what: 'errors' });
    followBlocks(blocks, line.text);
  }
  return found;
};

const postgresSilence = /\b(log_min_messages|log_min_error_statement)\s*=\s*'?(?:panic|fatal)\b/i;

const silences = (stack: Stack, service: Service): readonly Silence[] => {
  const lines = configurationLines(stack, service);
  if (isNginx(service)) return nginxSilences(lines);
  return !isPostgres(service)
    ? []
    : lines.flatMap((line) => {
        const option = postgresSilence.exec(line.text)?.[1];
        return option === undefined ? [] : [{ line, what: `errors of statements (${option})` }];
      });
};

const inCommand = (stack: Stack, service: Service): readonly Fault[] => {
  const { name, command } = service;
  const option = isPostgres(service) ? postgresSilence.exec(command?.value.join(' ') ?? '')?.[1] : undefined;
  return option === undefined || command === undefined
    ? []
    : [
        {
          message: `${name} logs no errors of statements (${option})`,
          at: findWritten(stack, command.at, option) ?? command.at,
          key: option,
        },
      ];
};

/** O02: servers log who came and what went wrong. */
export const control: Control = {
  id: 'logging/server-logs',
  aliases: ['O02'],
  title: 'Access and error logs are on',
  severity: 'medium',
  rationale:
    'Without the access and error log nobody sees an attack while it is tried, nor can tell afterwards what was taken.',
  fix: 'Remove `access_log off` and logs to /dev/null from nginx; let PostgreSQL log warnings and failed statements.',
  references: [
    {
      source: 'nginx documentation',
      section: 'access_log',
      url: 'https://nginx.org/en/docs/http/ngx_http_log_module.html#access_log',
    },
    {
      source: 'PostgreSQL documentation',
      section: 'log_min_messages',
      url: 'https://www.postgresql.org/docs/current/runtime-config-logging.html',
    },
  ],
  static: askEachService({
    inapplicable: (service) =>
      isNginx(service) || isPostgres(service) ? undefined : 'is neither nginx nor PostgreSQL',
    sound: 'keeps its logs on',
    *faults(service, stack) {
      yield* inCommand(stack, service);
      for (const { line, what } of silences(stack, service))
        yield {
          message: `${service.name} does not log ${what}`,
          at: { file: line.file, line: line.line, column: 1 },
          key: `${line.file} ${what}`,
        };
    },
  }),
};
