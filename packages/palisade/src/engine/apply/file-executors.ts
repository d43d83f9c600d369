import type { ComposeEdit, FileMode, FileWrite } from '../../contracts/change.ts';
import { sha256 } from '../../support/files.ts';
import type { ApplyComposeEdit } from '../plan/preview.ts';
import type { Executors, FileExecutor } from './executor.ts';

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

const fileWrite: FileExecutor<FileWrite> = {
  path: ({ path }) => path,
  after: (change, before) => {
    const content = Buffer.from(change.content, 'utf8');
    if (before.state === 'absent') {
      if (change.expects.state === 'digest') throw new Error('the file does not exist');
      return { state: 'file', content, mode: change.mode };
    }
    const made = before.content.equals(content);
    if (!made && change.expects.state === 'absent') throw new Error('the file exists already');
    if (!made && change.expects.state === 'digest' && sha256(before.content) !== change.expects.sha256)
      throw new Error('the file holds another content than the plan was made for');
    return { ...before, content, mode: change.mode };
  },
};

const fileMode: FileExecutor<FileMode> = {
  path: ({ path }) => path,
  after: (change, before) => {
    if (before.state === 'absent') throw new Error('the file does not exist');
    if (before.mode !== change.mode && before.mode !== change.expects.mode)
      throw new Error(`the file has mode ${octal(before.mode)}, not ${octal(change.expects.mode)}`);
    return { ...before, mode: change.mode };
  },
};

const composeEdit = (applyComposeEdit: ApplyComposeEdit): FileExecutor<ComposeEdit> => ({
  path: ({ file }) => file,
  after: (change, before) => {
    if (before.state === 'absent') throw new Error('the file does not exist');
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(before.content);
    return { ...before, content: Buffer.from(applyComposeEdit(text, change), 'utf8') };
  },
});

/** The executors of changes of files. `applyComposeEdit` is the model's, the only owner of edits of YAML. */
export const fileExecutors = (
  applyComposeEdit: ApplyComposeEdit,
): Pick<Executors, 'compose-edit' | 'file-write' | 'file-mode'> => ({
  'compose-edit': composeEdit(applyComposeEdit),
  'file-write': fileWrite,
  'file-mode': fileMode,
});
