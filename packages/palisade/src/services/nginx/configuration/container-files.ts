import { posix, relative, resolve, sep } from 'node:path';
import type { Location } from '../../../contracts/location.ts';
import type { Service, Stack } from '../../../contracts/stack.ts';
import { isOfficialImage } from '../matching.ts';
import { imageFiles } from './image-files.ts';

/** One file that nginx may read. */
export interface ContainerFile {
  /** Path that locations are shown with; for a file of the image, that of the Compose file's line. */
  readonly shown: string;
  /** Absent where the text is not to be had. */
  readonly text?: string;
  /** Where the file comes from, for files that are none of the project. */
  readonly at: Location;
  readonly isOfProject: boolean;
}

/** The files that stand at paths of a container. */
export type ContainerFiles = ReadonlyMap<string, ContainerFile>;

/** Directory in which the image's entry point looks for templates. */
export const templateDirectory = '/etc/nginx/templates';

const isWithin = (path: string, directory: string): boolean => path === directory || path.startsWith(`${directory}/`);

/** `envsubst` as the image calls it: variables of the environment are replaced, every other one is nginx's own. */
const substituted = (text: string, { environment }: Service): string =>
  text.replace(
    /\$(?:\{(\w+)\}|(\w+))/g,
    (whole, braced?: string, plain?: string) => environment.get(braced ?? plain ?? '')?.value ?? whole,
  );

/** What templates become in `conf.d` at the start of the image. */
const rendered = (files: ContainerFiles, service: Service): ContainerFiles =>
  new Map(
    [...files].flatMap(([path, file]) => {
      if (!isWithin(path, templateDirectory) || !path.endsWith('.template')) return [];
      const target = `/etc/nginx/conf.d${path.slice(templateDirectory.length, -'.template'.length)}`;
      return [[target, file.text === undefined ? file : { ...file, text: substituted(file.text, service) }] as const];
    }),
  );

/**
 * All files of the container that are known: those of the image, unless something is mounted over them, those of the
 * mounts, and what the entry point makes of templates.
 */
export const containerFiles = (stack: Stack, service: Service): ContainerFiles => {
  const at = service.image?.at ?? service.at;
  const found = new Map<string, ContainerFile>();
  for (const [path, text] of imageFiles(service)) found.set(path, { shown: at.file, text, at, isOfProject: false });
  const put = (target: string, host: string, from: Location): void => {
    for (const path of found.keys()) if (isWithin(path, target)) found.delete(path);
    const inner = relative(stack.directory, host);
    const key = inner.startsWith('..') ? host : inner.split(sep).join('/');
    for (const [name, file] of stack.files) {
      if (!isWithin(name, key) && key !== '') continue;
      const path = posix.join(target, name.slice(key.length));
      found.set(path, {
        shown: name,
        ...(file.text === undefined ? {} : { text: file.text }),
        at: from,
        isOfProject: true,
      });
    }
  };
  for (const mount of service.mounts.toSorted((a, b) => a.target.length - b.target.length))
    if (mount.type === 'bind' && mount.source !== undefined)
      put(mount.target, resolve(stack.directory, mount.source), mount.at);
  for (const grant of [...service.configs, ...service.secrets]) {
    const file = (stack.configs.get(grant.source) ?? stack.secrets.get(grant.source))?.file;
    if (file !== undefined) put(grant.target, file, grant.at);
  }
  if (isOfficialImage(service)) for (const [path, file] of rendered(found, service)) found.set(path, file);
  return found;
};

/** A mount whose content is not known and that may hold a path: a volume, or a directory that was not read. */
export const hidingMount = (service: Service, files: ContainerFiles, path: string): Location | undefined =>
  service.mounts.find(
    ({ type, target }) =>
      isWithin(path, target) &&
      (type === 'volume' || (type === 'bind' && ![...files.keys()].some((each) => isWithin(each, target)))),
  )?.at;
