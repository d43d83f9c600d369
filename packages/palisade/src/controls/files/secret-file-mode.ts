import type { Control } from '../../contracts/control.ts';
import { setFileMode } from '../../model/index.ts';
import { askEachFile, confidentialName, isConfidential } from '../file-question.ts';
import { isOwn } from '../mounted-files.ts';

const octal = (mode: number): string => `0${mode.toString(8).padStart(3, '0')}`;

/** F01: keys and secrets can be read by their owner alone. */
export const control: Control = {
  id: 'files/secret-file-mode',
  aliases: ['F01'],
  title: 'Keys and secrets are readable by their owner only',
  severity: 'high',
  rationale:
    'A key that a group or everybody may read is read by any program of the host, by backups, and through a bind mount by containers that were not meant to have it.',
  fix: 'Set the mode 0600 (or 0400), and let the account that the service runs as own the file.',
  references: [
    { source: 'CIS NGINX Benchmark 2.0.0', section: '4.1.3', url: 'https://www.cisecurity.org/benchmark/nginx' },
  ],
  checklist: ['file-permissions'],
  static: askEachFile({
    about: isConfidential,
    none: 'the project holds no key and no secret in a file',
    sound: 'is readable by its owner only',
    *faults(file, stack) {
      const { path, mode } = file;
      if ((mode & 0o077) === 0) return;
      const others = (mode & 0o007) === 0 ? 'a group' : 'everybody on the host';
      yield {
        message: `the ${confidentialName(file)} ${path} is open to ${others} (mode ${octal(mode)})`,
        ...(isOwn(file) ? { remedy: setFileMode(stack, path, mode & 0o200 ? 0o600 : 0o400) } : {}),
      };
    },
  }),
};
