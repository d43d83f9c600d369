import { isAbsolute, relative } from 'node:path';
import type { Service, Stack } from '../../contracts/stack.ts';
import { valueDigest } from '../../support/value-digest.ts';
import type { Host } from './host.ts';

/**
 * Fields of a service that say where something is written, how it is spelt, or when it is started: with another value the
 * same process would run. Compose, too, leaves `depends_on` and `profiles` out when it looks for changes.
 */
const spelling = new Set([
  'at',
  'raw',
  'syntax',
  'interpolations',
  'keys',
  'kindReason',
  'profiles',
  'active',
  'dependsOn',
]);

const meaningOf = (value: unknown): unknown => {
  if (value instanceof Map) return [...value].map(([key, inner]: [unknown, unknown]) => [key, meaningOf(inner)]);
  if (Array.isArray(value)) return value.map(meaningOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !spelling.has(name))
      .map(([name, inner]: [string, unknown]) => [name, meaningOf(inner)]),
  );
};

const isWithin = (directory: string, path: string): boolean => path === directory || path.startsWith(`${directory}/`);

/**
 * The configuration files that a service mounts, with their texts. Certificates, keys and secrets are not among them: they are
 * replaced while services run, which read them anew on a reload. Nor is what lies in a directory that the service writes to.
 */
const filesOf = ({ directory, files, configs }: Stack, service: Service): readonly (readonly [string, string])[] => {
  const sources = [
    ...service.mounts.map(({ type, source, readOnly }) =>
      type === 'bind' && source !== undefined ? { source, readOnly } : undefined,
    ),
    ...service.configs.map(({ source }) => {
      const file = configs.get(source)?.file;
      return file === undefined ? undefined : { source: file, readOnly: true };
    }),
  ].flatMap((mount) => {
    if (mount === undefined) return [];
    const inside = relative(directory, mount.source);
    return [{ ...mount, path: inside.startsWith('..') || isAbsolute(inside) ? mount.source : inside }];
  });
  return [...files.values()]
    .filter(({ path }) => !isWithin('secrets', path) && !isWithin('certs', path))
    .filter(({ path }) =>
      sources.some((source) => path === source.path || (source.readOnly && isWithin(source.path, path))),
    )
    .flatMap(({ path, text, sensitivity }) =>
      sensitivity === 'plain' && text !== undefined ? [[path, text] as const] : [],
    )
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
};

/**
 * Tells whether a service would be started as it was before: a digest of what the project says of it, and of the configuration
 * files that it mounts. Equal for the same service at another line, in another order of keys of the file, or spelt otherwise.
 */
export const configurationDigest = (stack: Stack, service: Service): string =>
  valueDigest([meaningOf(service), filesOf(stack, service)]);

/** True for a running service that would be started otherwise by now; false where its record does not say how it was started. */
export const isOutdated = (
  { stack }: Host,
  service: string,
  record: { readonly configuration?: string | undefined },
): boolean => {
  const now = stack.services.get(service);
  return (
    now !== undefined && record.configuration !== undefined && record.configuration !== configurationDigest(stack, now)
  );
};
