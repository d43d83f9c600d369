import type { Service, Stack } from '../../contracts/stack.ts';

/** The variable by which the bundled reference API takes its posture; no other program knows it. */
export const postureVariable = 'REFERENCE_API_POSTURE';

/** True for the bundled reference API, whose behaviour in each posture is known. Of any other program nothing is assumed. */
export const isReferenceApi = (service: Service): boolean => service.environment.has(postureVariable);

/** True where the service is the reference API in its hardened posture. */
export const isHardened = (service: Service): boolean => service.environment.get(postureVariable)?.value === 'hardened';

/** The PostgreSQL server that a service calls; undefined where it calls none of the stack. */
export const databaseOf = (stack: Stack, service: Service): Service | undefined => {
  const called = new Set(stack.edges.filter(({ from }) => from === service.name).map(({ to }) => to));
  return [...stack.services.values()].find(({ kind, name }) => kind === 'postgres' && called.has(name));
};

/** The services of this kind, inactive ones too. */
export const httpServices = (stack: Stack): readonly Service[] =>
  [...stack.services.values()].filter(({ kind }) => kind === 'http-api');
