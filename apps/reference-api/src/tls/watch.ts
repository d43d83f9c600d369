import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type CertificateBundle, readCertificates, sameBundle } from './certificates.ts';

/** An identity that is followed while its files change. */
export interface WatchedCertificates {
  /** The newest usable bundle. */
  readonly current: () => CertificateBundle;
  /** Looks now instead of at the next tick. Rejects where the files are not usable; the last usable bundle stays. */
  readonly reload: () => Promise<void>;
  readonly close: () => void;
}

/** What tells that a file is another one: replaced files have another inode, rewritten ones another time or size. */
const fingerprint = async (directory: string): Promise<string> => {
  const stats = await Promise.all(['cert.pem', 'key.pem', 'ca.pem'].map((name) => stat(join(directory, name))));
  return stats.map(({ ino, mtimeMs, size }) => `${ino}:${mtimeMs}:${size}`).join();
};

/**
 * Follows the certificates of a directory. It asks the file system at an interval instead of waiting for its events,
 * which do not cross bind mounts on every engine. Certificate and key are replaced one after the other, so a pair that
 * does not match is looked at again at the next tick.
 */
export const watchCertificates = async (
  directory: string,
  handlers: {
    readonly changed: (bundle: CertificateBundle) => void;
    readonly failed: (error: unknown) => void;
    /** Milliseconds. */
    readonly every?: number;
  },
): Promise<WatchedCertificates> => {
  let current = await readCertificates(directory);
  let seen = await fingerprint(directory);
  const reload = async (): Promise<void> => {
    const next = await readCertificates(directory);
    if (sameBundle(current, next)) return;
    const before = current;
    current = next;
    try {
      handlers.changed(next);
    } catch (error) {
      current = before;
      throw error;
    }
  };
  let looking = false;
  let reported = '';
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      const now = await fingerprint(directory);
      if (now === seen) return;
      await reload();
      seen = now;
      reported = '';
    } catch (error) {
      // Once for each kind of trouble, not at every tick.
      if (String(error) !== reported) handlers.failed(error);
      reported = String(error);
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(() => void look(), handlers.every ?? 2_000);
  timer.unref();
  return { current: () => current, reload, close: () => clearInterval(timer) };
};
