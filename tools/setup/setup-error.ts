/** Set-up cannot go on; the message is the one line that the user sees. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}
