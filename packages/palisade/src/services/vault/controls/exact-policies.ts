import type { Control, Observation } from '../../../contracts/control.ts';
import type { ProjectFile } from '../../../contracts/stack.ts';
import type { PolicyText } from '../evidence.ts';
import { SyntaxFault } from '../hcl/syntax.ts';
import { judgeAnswers, some } from '../observe.ts';
import { excessOf, readPolicy } from '../policies.ts';
import { policies, productionHardening } from '../references.ts';

/** True for a text that has the form of a policy, whether it parses or not. */
const looksLikePolicy = ({ path, text = '' }: ProjectFile): boolean =>
  /\.(?:hcl|json)$/.test(path) && /^\s*\{?\s*"?path"?\s*[:{"]/m.test(text);

function* judgeFile(file: ProjectFile, text: string): Generator<Observation> {
  const resource = { type: 'file', name: file.path } as const;
  try {
    let wide = 0;
    for (const grant of readPolicy(text)) {
      const excess = excessOf(grant);
      if (excess === undefined) continue;
      wide += 1;
      const at = { file: file.path, ...grant.at };
      yield { outcome: 'fail', resource, message: `the policy ${file.path} ${excess}`, at, key: grant.path };
    }
    if (wide === 0) yield { outcome: 'pass', resource, message: 'grants exact paths only' };
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    const at = { file: file.path, ...error.at };
    yield { outcome: 'unknown', resource, message: `the policy ${file.path} does not parse: ${error.message}`, at };
  }
}

/** What is too wide in a policy of the server; a text that does not parse counts as too wide, not as sound. */
const excesses = ({ name, text }: PolicyText): readonly string[] => {
  try {
    return readPolicy(text).flatMap((grant) => {
      const excess = excessOf(grant);
      return excess === undefined ? [] : [`${name} ${excess}`];
    });
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    return [`${name} cannot be read (${error.message})`];
  }
};

/** V14: policies name exact paths and grant no privilege. */
export const control: Control<'vault'> = {
  id: 'vault/exact-policies',
  aliases: ['V14'],
  title: 'Policies name exact paths and grant no sudo',
  severity: 'high',
  rationale:
    'A policy on `secret/data/*` gives every secret of every service to whoever takes over the one that holds it, and secrets that are added later as well. With sudo it may change Vault itself.',
  fix: 'Write one policy a service that names each path it reads, and each capability; no `*`, no `+`, no sudo.',
  references: [policies, productionHardening],
  checklist: ['least-privilege-policies'],
  *static(stack) {
    let found = 0;
    for (const file of stack.files.values()) {
      const { text } = file;
      if (text === undefined || !looksLikePolicy(file)) continue;
      found += 1;
      yield* judgeFile(file, text);
    }
    if (found === 0)
      yield {
        outcome: 'not-applicable',
        resource: { type: 'project' },
        message: 'the project holds no policy of Vault',
      };
  },
  live: {
    needs: ['vault'],
    assess: (_stack, evidence) =>
      judgeAnswers(
        evidence,
        (answers) => answers.policies,
        (texts, name) => {
          const wide = texts.flatMap(excesses);
          return wide.length > 0
            ? { outcome: 'fail', message: `${name} has policies that are too wide: ${some(wide)}` }
            : { outcome: 'pass', message: `each of ${texts.length} policies grants exact paths only` };
        },
      ),
  },
};
