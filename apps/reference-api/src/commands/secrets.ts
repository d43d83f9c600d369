import { open, unlink } from 'node:fs/promises';
import { Secret } from '@palisade/vault/secret';
import { StartError, messageOf } from '../errors.ts';

/** Bytes: longer than any password that is accepted. */
const longest = 4096;

const collect = async (stream: AsyncIterable<Buffer | string>): Promise<Secret> => {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stream) {
    const bytes = Buffer.from(part);
    size += bytes.length;
    if (size > longest) throw new Error(`it has more than ${longest} bytes`);
    parts.push(bytes);
  }
  return new Secret(
    Buffer.concat(parts)
      .toString('utf8')
      .replace(/\r?\n$/, ''),
  );
};

/** Reads a password from a file, or from standard input where none is named. @throws StartError `command/secret-unusable` */
export const readPassword = async (file: string | undefined, input: NodeJS.ReadStream): Promise<Secret> => {
  try {
    if (file === undefined) {
      // What is typed would be shown, and stay on the screen.
      if (input.isTTY) throw new Error('standard input is a terminal; pass it from a file or another program');
      return await collect(input);
    }
    await using handle = await open(file, 'r');
    return await collect(handle.createReadStream({ autoClose: false }));
  } catch (error) {
    throw new StartError('command/secret-unusable', `the password cannot be read: ${messageOf(error)}`, error);
  }
};

/**
 * Has a secret made and writes it to a new file that its owner alone can read. The file is there first, so that no secret
 * is made that could not be kept; it goes again where none was made.
 *
 * @throws StartError `command/secret-unusable` where the file cannot be made or is there; whatever `make` throws
 */
export const makeIntoFile = async (file: string, make: () => Promise<Secret | undefined>): Promise<void> => {
  const unusable = (error: unknown): StartError =>
    new StartError('command/secret-unusable', `the file ${file} for the secret: ${messageOf(error)}`, error);
  const handle = await open(file, 'wx', 0o600).catch((error: unknown) => {
    throw unusable(error);
  });
  try {
    const secret = await make();
    if (secret === undefined) await unlink(file);
    else {
      await handle.writeFile(`${secret.reveal()}\n`);
      await handle.sync();
    }
  } catch (error) {
    await unlink(file).catch(() => undefined);
    throw error;
  } finally {
    await handle.close();
  }
};
