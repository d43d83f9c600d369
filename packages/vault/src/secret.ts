import { inspect } from 'node:util';

const redacted = '‹redacted›';

/**
 * A secret that cannot be printed by accident: toString, toJSON, template literals, inspect and console.log all show
 * `‹redacted›`. The value leaves through `reveal` alone, so that every use can be found by its name.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself; only at the place where it enters a request body, a file or standard input. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [Symbol.toPrimitive](): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
