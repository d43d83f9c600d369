import type { Control } from '../../contracts/control.ts';
import { askEachFile, confidentialName, isConfidential } from '../file-question.ts';

/** F02: no key and no secret is in the history of a repository. */
export const control: Control = {
  id: 'files/tracked-secret',
  aliases: ['F02'],
  title: 'No key or secret is tracked by git',
  severity: 'high',
  rationale:
    'What git tracks is in every clone, fork, backup and build log, and stays in the history after the file is gone.',
  fix: 'Run `git rm --cached` on the file, add it to .gitignore, and rotate the secret: it counts as known.',
  references: [{ source: 'gitignore manual page', url: 'https://git-scm.com/docs/gitignore' }],
  static: askEachFile({
    about: isConfidential,
    none: 'the project holds no key and no secret in a file',
    sound: 'is not tracked by git',
    *faults(file) {
      if (file.tracked === true) yield { message: `git tracks the ${confidentialName(file)} ${file.path}` };
    },
    undetermined: ({ tracked }) =>
      tracked === undefined ? 'whether git tracks the file could not be found out' : undefined,
  }),
};
