/** Every way in which a guard can refuse to be made or to boot. Stable. */
export type GuardErrorCode =
  | 'guard/option-invalid'
  | 'guard/option-unknown'
  | 'guard/key-weak'
  | 'guard/key-invalid'
  | 'guard/route-undeclared'
  | 'guard/route-policy-invalid'
  | 'guard/route-declared-early'
  | 'guard/route-missing'
  | 'guard/server-foreign'
  | 'guard/certificate-unusable'
  | 'guard/tls-absent'
  | 'guard/issuer-unknown'
  | 'guard/list-full';

/** What to do next, by code. */
const nextSteps: { readonly [Code in GuardErrorCode]: string } = {
  'guard/option-invalid': 'Correct the option; the README of the package lists them all.',
  'guard/option-unknown': 'Remove the option or correct its name; an option that is not read would protect nothing.',
  'guard/key-weak': 'Make a longer key: as many bits as the hash for HMAC, 2048 for RSA.',
  'guard/key-invalid': 'Give a public key (or a Secret for HMAC) that fits the algorithm that it is for.',
  'guard/route-undeclared':
    "Declare who may call it: config: { guard: 'public' }, 'authenticated', or { roles: [...] }. For a route of another plug-in use the option `routes`.",
  'guard/route-policy-invalid': 'Correct the declaration of the route.',
  'guard/route-declared-early':
    'Write `await app.register(guard.plugin)` before the first route and plug-in with routes.',
  'guard/route-missing': 'Remove the entry from the option `routes`, or write the route as Fastify registers it.',
  'guard/server-foreign':
    'Make the application with `Fastify({ ...guard.fastify })`, or say `server: "foreign"` and bound the server yourself.',
  'guard/certificate-unusable': 'Give a certificate that is valid now, its own key, and authorities in PEM.',
  'guard/tls-absent': 'Give the option `tls`.',
  'guard/issuer-unknown': 'Name an issuer that is among the options.',
  'guard/list-full': 'Give the list more room, or keep it in Redis.',
};

/** Thrown where the guard is made, registered or asked for something impossible; never while a request is answered. */
export class GuardError extends Error {
  override readonly name = 'GuardError';
  readonly code: GuardErrorCode;
  /** What to do next. */
  readonly next: string;

  constructor(code: GuardErrorCode, message: string) {
    super(`${message}. ${nextSteps[code]}`);
    this.code = code;
    this.next = nextSteps[code];
  }
}

/** True where the thrown thing is a `GuardError` with one of the codes; with any code where none is given. */
export const isGuardError = (thrown: unknown, ...codes: readonly GuardErrorCode[]): thrown is GuardError =>
  thrown instanceof GuardError && (codes.length === 0 || codes.includes(thrown.code));
