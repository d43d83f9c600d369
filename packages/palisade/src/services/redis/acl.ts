/** An account as `ACL LIST` shows it. Hashes of passwords stay with their holder. */
export interface AccountLine {
  readonly name: string;
  readonly on: boolean;
  readonly noPassword: boolean;
  /** SHA-256 in hex. */
  readonly hashes: readonly string[];
  /** Keys, channels and commands, in the words of the server. */
  readonly rules: string;
}

const isState = (word: string): boolean =>
  /^(?:on|off|nopass|sanitize-payload|skip-sanitize-payload|#[0-9a-f]{64})$/.test(word);

/** Reads the answer of `ACL LIST`, one `user …` a line. */
export const readAccounts = (text: string): readonly AccountLine[] =>
  text.split(/\r?\n/).flatMap((line) => {
    const [user, name, ...words] = line.trim().split(/\s+/);
    if (user !== 'user' || name === undefined) return [];
    return [
      {
        name,
        on: words.includes('on'),
        noPassword: words.includes('nopass'),
        hashes: words.filter((word) => /^#[0-9a-f]{64}$/.test(word)).map((word) => word.slice(1)),
        rules: words.filter((word) => !isState(word)).join(' '),
      },
    ];
  });
