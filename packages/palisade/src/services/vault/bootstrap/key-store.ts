import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { z } from 'zod';
import { isFileSystemError, syncDirectory, writeFileAtomically } from '../../../support/files.ts';
import { Secret } from '../../../support/secret.ts';
import { error } from './errors.ts';
import { readSealedFile, writeSealedFile } from './sealed-file.ts';

/** Who receives the shares, and how many there are. Public. */
const custody = z.strictObject({
  recipients: z.array(z.string()).min(1),
  shares: z.int().positive(),
  threshold: z.int().positive(),
});

/** Who receives the shares, and how many there are. Public. */
export type Custody = z.infer<typeof custody>;

const operatorFile = z.strictObject({
  roleId: z.string().min(1),
  secretId: z.string().min(1),
  accessor: z.string().min(1),
});

/** The login of the operator. */
export interface OperatorCredential {
  readonly roleId: string;
  readonly secretId: Secret;
  /** Accessor of the secret-id. */
  readonly accessor: string;
}

/** What Palisade keeps of a server, in one directory with mode 0700: files with mode 0600, each written as a whole and flushed. */
export interface KeyStore {
  readonly directory: string;
  /** Set just before the server is asked for its keys; gone after they are recorded. */
  readonly intent: () => Promise<Custody | undefined>;
  readonly writeIntent: (custody: Custody) => Promise<void>;
  readonly deleteIntent: () => Promise<void>;
  /** Defined where the keys were recorded. */
  readonly custody: () => Promise<Custody | undefined>;
  /** Records the keys of a server: the root token, then the shares, then who holds them; that last file makes it true. */
  readonly record: (
    custody: Custody,
    keys: { readonly shares: readonly Secret[]; readonly rootToken: Secret },
  ) => Promise<void>;
  readonly shares: (identity: Secret) => Promise<readonly Secret[]>;
  readonly hasRootToken: () => Promise<boolean>;
  readonly rootToken: (identity: Secret) => Promise<Secret | undefined>;
  readonly writeRootToken: (token: Secret) => Promise<void>;
  readonly deleteRootToken: () => Promise<void>;
  readonly operator: () => Promise<OperatorCredential | undefined>;
  readonly writeOperator: (credential: OperatorCredential) => Promise<void>;
  /** The identity that was made because nobody gave recipients; undefined where there is none. */
  readonly demoIdentity: () => Promise<Secret | undefined>;
  /** Makes that identity, or finds it, and gives its recipient. */
  readonly makeDemoIdentity: () => Promise<string>;
}

const names = {
  intent: 'initialisation.json',
  custody: 'custody.json',
  shares: 'shares.age',
  rootToken: 'root-token.age',
  operator: 'operator.json',
  demoIdentity: 'demo-identity.txt',
} as const;

const shareTexts = z.array(z.string().min(1)).min(1);

const readText = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (isFileSystemError(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
};

const parse = <T>(schema: z.ZodType<T>, text: string, file: string): T => {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    // The reason could quote the text.
    throw error('vault-bootstrap/keys-damaged', { file });
  }
};

/** Opens the directory, and makes it where it is not there. */
export const openKeyStore = async (directory: string): Promise<KeyStore> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const at = (name: keyof typeof names): string => join(directory, names[name]);
  const readJson = async <T>(name: keyof typeof names, schema: z.ZodType<T>): Promise<T | undefined> => {
    const text = await readText(at(name));
    return text === undefined ? undefined : parse(schema, text, names[name]);
  };
  const write = (name: keyof typeof names, content: string): Promise<void> =>
    writeFileAtomically(at(name), content, { mode: 0o600 });
  const remove = async (name: keyof typeof names): Promise<void> => {
    await rm(at(name), { force: true });
    await syncDirectory(directory);
  };
  const readCustody = (): Promise<Custody | undefined> => readJson('custody', custody);
  const demoIdentity = async (): Promise<Secret | undefined> => {
    const text = await readText(at('demoIdentity'));
    return text === undefined ? undefined : new Secret(text.trim());
  };
  return {
    directory,
    intent: () => readJson('intent', custody),
    writeIntent: (intent) => write('intent', JSON.stringify(intent)),
    deleteIntent: () => remove('intent'),
    custody: readCustody,
    record: async (holders, keys) => {
      await writeSealedFile(at('rootToken'), keys.rootToken, holders.recipients);
      const texts = JSON.stringify(keys.shares.map((share) => share.reveal()));
      await writeSealedFile(at('shares'), new Secret(texts), holders.recipients);
      await write('custody', JSON.stringify(holders));
      await remove('intent');
    },
    shares: async (identity) => {
      const text = await readSealedFile(at('shares'), identity);
      if (text === undefined) throw error('vault-bootstrap/keys-damaged', { file: names.shares });
      return parse(shareTexts, text.reveal(), names.shares).map((share) => new Secret(share));
    },
    hasRootToken: async () => (await readText(at('rootToken'))) !== undefined,
    rootToken: (identity) => readSealedFile(at('rootToken'), identity),
    writeRootToken: async (token) => {
      const holders = await readCustody();
      if (holders === undefined) throw error('vault-bootstrap/keys-damaged', { file: names.custody });
      await writeSealedFile(at('rootToken'), token, holders.recipients);
    },
    deleteRootToken: () => remove('rootToken'),
    operator: async () => {
      const found = await readJson('operator', operatorFile);
      return found === undefined ? undefined : { ...found, secretId: new Secret(found.secretId) };
    },
    writeOperator: ({ roleId, secretId, accessor }) =>
      write('operator', JSON.stringify({ roleId, secretId: secretId.reveal(), accessor })),
    demoIdentity,
    makeDemoIdentity: async () => {
      const identity = (await demoIdentity()) ?? new Secret(await generateIdentity());
      await write('demoIdentity', `${identity.reveal()}\n`);
      return identityToRecipient(identity.reveal());
    },
  };
};
