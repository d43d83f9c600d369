/** How long things live, in seconds. */
export const lives = {
  /** RFC 9700 and RFC 6749 section 4.1.2 want it short; a browser follows a redirect at once. */
  code: 60,
  accessToken: 600,
  idToken: 600,
  /** From the login on, however often it is rotated. */
  refreshFamily: 12 * 3600,
  session: 8 * 3600,
  interaction: 600,
} as const;

/** How signing keys live, in milliseconds; the overlap is longer than any token that a key signed. */
export const keyTimes = { lead: 120_000, overlap: 2 * 3_600_000, rotateEvery: 30 * 24 * 3_600_000 } as const;
