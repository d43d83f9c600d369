import { type Verdict, kindQuestions } from '../../model/kind-questions.ts';
import './evidence.ts';
import type { MysqlEvidence } from './evidence.ts';
import { harden } from './harden.ts';
import type { Setting } from './posture.ts';

export { type Verdict, unanswered } from '../../model/kind-questions.ts';

/** What the controls of MySQL ask of files and of servers. */
export const { askFiles, askServers } = kindQuestions('mysql', harden);

/** Judges one option of the files: its value, or the server's default where nobody sets it. */
export const judgeSetting = function* (
  setting: Setting,
  byDefault: string | undefined,
  judge: (value: string) => Omit<Verdict & { readonly outcome: 'pass' | 'fail' }, 'at'>,
): Generator<Verdict> {
  if (setting.state === 'unknown') yield { outcome: 'unknown', message: setting.why, at: setting.at };
  else if (setting.state === 'default' && byDefault === undefined)
    yield {
      outcome: 'unknown',
      message: 'the default depends on the version, which the tag does not tell',
      at: setting.at,
    };
  else yield { ...judge(setting.state === 'set' ? setting.value : (byDefault ?? '')), at: setting.at };
};

/** Judges one variable of the running server. */
export const judgeVariable = function* (
  settings: MysqlEvidence['settings'],
  name: string,
  judge: (value: string) => Verdict,
): Generator<Verdict> {
  if (!settings.known) yield { outcome: 'unknown', message: settings.why };
  else {
    const value = settings.value[name];
    if (value === undefined) yield { outcome: 'unknown', message: `the server does not tell ${name}` };
    else yield judge(value);
  }
};
