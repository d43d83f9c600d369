import { X509Certificate } from 'node:crypto';
import { dirname } from 'node:path';
import type { Control } from '../../contracts/control.ts';
import type { ProjectFile, Stack } from '../../contracts/stack.ts';
import { seenFiles } from '../mounted-files.ts';
import { askEachService } from '../question.ts';

const authorityName = /(?:^|[._-])(?:(?:root|int|intermediate|sub)?[._-]?ca|authority)(?:[._-]|$)/i;

/** `ca.key`, `ca-key.pem` and `ca.key.pem` without what says key or format: `ca`. */
const stem = (path: string): string =>
  (path.split('/').at(-1) ?? path)
    .replace(/\.(?:pem|crt|cer|cert|key)$/gi, '')
    .replace(/[._-]?(?:key|cert|crt|private)$/i, '');

const isAuthority = (text: string): boolean => {
  try {
    return new X509Certificate(text).ca;
  } catch {
    return false;
  }
};

/** True for a private key that belongs to a certificate authority, by its name or by the certificate beside it. */
const isAuthorityKey = (stack: Stack, file: ProjectFile): boolean => {
  if (file.sensitivity !== 'private-key') return false;
  if (authorityName.test(file.path.split('/').at(-1) ?? '')) return true;
  return [...stack.files.values()].some(
    ({ path, sensitivity, text }) =>
      sensitivity === 'certificate' &&
      text !== undefined &&
      dirname(path) === dirname(file.path) &&
      stem(path) === stem(file.path) &&
      isAuthority(text),
  );
};

/** F04: no service holds the key of a certificate authority. */
export const control: Control = {
  id: 'files/mounted-authority-key',
  aliases: ['F04'],
  title: 'No container holds the key of a certificate authority',
  severity: 'critical',
  rationale:
    'Whoever reads the key of the authority can issue a certificate for any name and pose as every service of the stack, until all trust in the authority is withdrawn.',
  fix: "Keep the authority's key in Vault's PKI; mount the certificate of the authority alone, as `ca.pem`.",
  references: [{ source: 'RFC 3647', section: '4.6.2', url: 'https://www.rfc-editor.org/rfc/rfc3647#section-4.6.2' }],
  static: askEachService({
    sound: 'holds no key of an authority',
    *faults(service, stack) {
      for (const { file, at } of seenFiles(stack, service))
        if (isAuthorityKey(stack, file))
          yield {
            message: `${service.name} can read ${file.path}, the key of a certificate authority`,
            at,
            key: file.path,
          };
    },
  }),
};
