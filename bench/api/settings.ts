import { readFileSync } from 'node:fs';

/** A public key that signs the tokens of a run. */
export interface PublicKey {
  readonly id: string;
  /** PEM. */
  readonly key: string;
}

/** What every server of a run is told: the path of this, as JSON, is its argument. Keys are made anew for each run. */
export interface Settings {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: readonly PublicKey[];
  /** Where the guarded server keeps its audit log. */
  readonly auditDirectory: string;
  /** PEM files of the listeners that speak TLS. */
  readonly certificateFile: string;
  readonly certificateKeyFile: string;
}

/** Reads what the bench wrote for its servers a moment ago. */
export const readSettings = (file: string): Settings => {
  const settings: Settings = JSON.parse(readFileSync(file, 'utf8'));
  return settings;
};
