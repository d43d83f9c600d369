import type { ComposeEdit } from '../../contracts/change.ts';
import type { Control } from '../../contracts/control.ts';
import type { Located } from '../../contracts/location.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { removeEnvironment, setEnvironment } from '../../model/index.ts';
import { type Fault, askEachService } from '../question.ts';
import { findWritten } from '../source-text.ts';

const levelName = /(?:^|[_.])(?:LOG_?LEVEL|LOGLEVEL|LOG_VERBOSITY|LOG_MIN_LEVEL|RUST_LOG|LOGGING_LEVEL(?:_[A-Z_]+)?)$/i;
const switchName = /(?:^|_)(?:DEBUG|DEBUG_MODE|DEBUG_LOGGING|VERBOSE)$/i;
const truth = /^(?:1|true|yes|on|y)$/i;
const falsehood = /^(?:|0|false|no|off|n|none)$/i;

type Judgement = 'level' | 'switch' | 'namespaces';

/** What makes a variable one that switches debugging on; undefined where it does not. */
const judge = (name: string, value: string): Judgement | undefined => {
  const text = value.trim();
  // RUST_LOG has a list: `info,sqlx=debug`.
  if (levelName.test(name) && /(?:^|[=,])\s*(?:debug\d?|trace|verbose|all|silly)\b/i.test(text)) return 'level';
  if (!switchName.test(name) || falsehood.test(text)) return undefined;
  if (truth.test(text)) return 'switch';
  // Node's debug module takes names: `DEBUG=express:*`.
  return name.toUpperCase() === 'DEBUG' ? 'namespaces' : undefined;
};

const quiet = (value: string): string =>
  value.replace(/(?<=^|[=,])(\s*)(?:debug\d?|trace|verbose|all|silly)\b/gi, '$1info');

/** The value that says less; a variable whose default is at fault stays one. */
const quietValue = (judgement: Judgement, { value, raw = '', interpolations = [] }: Located<string | null>): string => {
  const said = (text: string): string => (judgement === 'level' ? quiet(text) : 'false');
  const [only] = interpolations;
  const isDefault = interpolations.length === 1 && only?.source === 'default' && only.operand !== undefined;
  if (isDefault && raw === `\${${only.variable}${only.operator}${only.operand}}`)
    return `\${${only.variable}${only.operator}${said(only.operand)}}`;
  return said(value ?? '');
};

const remedy = (
  stack: Stack,
  service: string,
  name: string,
  judgement: Judgement,
  located: Located<string | null>,
): readonly ComposeEdit[] =>
  !stack.composeFiles.includes(located.at.file)
    ? []
    : judgement === 'namespaces'
      ? removeEnvironment(stack, service, name)
      : setEnvironment(stack, service, name, quietValue(judgement, located));

const option =
  /--?(?:log[-_.]?level|loglevel|verbosity)(?:=|\s+)['"]?(?:debug|trace|verbose|silly)\b|(?:^|\s)--(?:debug|verbose)(?=\s|$)/i;

const inCommand = (stack: Stack, { name, command, entrypoint }: Service): readonly Fault[] =>
  [entrypoint, command].flatMap((words) => {
    const found = option.exec(words?.value.join(' ') ?? '')?.[0].trim();
    if (words === undefined || found === undefined) return [];
    const [flag = found] = found.split(/[=\s]/);
    return [
      {
        message: `${name} is started with ${flag} for debugging`,
        at: findWritten(stack, words.at, flag) ?? words.at,
        key: flag,
      },
    ];
  });

/** O04: no service logs at the level of debugging. */
export const control: Control = {
  id: 'logging/debug-level',
  aliases: ['O04'],
  title: 'No service logs at debug level',
  severity: 'medium',
  rationale:
    'Debug logs hold what users sent, queries with their values and often headers with tokens; debug modes show stack traces and consoles to whoever causes an error.',
  fix: 'Set the level to info, and debug switches to false.',
  references: [
    { source: 'CWE', section: '532', url: 'https://cwe.mitre.org/data/definitions/532.html' },
    { source: 'CWE', section: '489', url: 'https://cwe.mitre.org/data/definitions/489.html' },
  ],
  checklist: ['no-debug-logging'],
  static: askEachService({
    sound: 'does not log at debug level',
    *faults(service, stack) {
      for (const [name, located] of service.environment) {
        const judgement = judge(name, located.value ?? '');
        if (judgement === undefined) continue;
        yield {
          message: `${service.name} ${judgement === 'level' ? `logs at debug level (${name})` : `switches debugging on (${name})`}`,
          at: located.at,
          key: name,
          remedy: remedy(stack, service.name, name, judgement, located),
        };
      }
      yield* inCommand(stack, service);
    },
  }),
};
