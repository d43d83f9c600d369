import { type Verdict, kindQuestions } from '../../model/kind-questions.ts';
import './evidence.ts';
import { harden } from './harden.ts';
import type { Setting } from './posture.ts';

export { type Verdict, unanswered } from '../../model/kind-questions.ts';

/** What the controls of PostgreSQL ask of files and of servers. */
export const { askFiles, askServers } = kindQuestions('postgres', harden);

/** Judges one setting of the files: its value, or PostgreSQL's default where nobody sets it. */
export const judgeSetting = function* (
  setting: Setting,
  byDefault: string,
  judge: (value: string) => Omit<Verdict & { readonly outcome: 'pass' | 'fail' }, 'at'>,
): Generator<Verdict> {
  if (setting.state === 'unknown') yield { outcome: 'unknown', message: setting.why, at: setting.at };
  else yield { ...judge(setting.state === 'set' ? setting.value : byDefault), at: setting.at };
};
