const later = async <Value, Result>(
  value: Promise<Value>,
  next: (value: Value) => Result | Promise<Result>,
): Promise<Result> => next(await value);

/**
 * What comes after a value: at once where the value is there, and when it comes where it is a promise. A request that waits for
 * nothing then costs no promise.
 */
export const after = <Value, Result>(
  value: Value | Promise<Value>,
  next: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> => (value instanceof Promise ? later(value, next) : next(value));
