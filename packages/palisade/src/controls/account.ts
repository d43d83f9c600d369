import type { Service, Stack } from '../contracts/stack.ts';

/** True where a `user` is root, or nobody in particular. */
export const isRoot = (user: string): boolean => /^(?:root|0*)$/.test(user.split(':', 1)[0]?.trim() ?? '');

/** The account that the image of a service of a known kind is made for. */
export const accountOf = (
  stack: Stack,
  service: Service,
): { readonly uid: number; readonly gid: number } | undefined => {
  const traits = stack.traits?.get(service.kind);
  return traits?.accountOf === undefined ? traits?.account : traits.accountOf(service);
};
