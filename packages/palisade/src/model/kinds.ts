import type { KindHints, ServiceKind } from '../contracts/service-kind.ts';
import type { Located } from '../contracts/location.ts';
import type { PlainService } from './service.ts';
import { splitWords } from './words.ts';

/** Programs that only start another one. */
const wrappers = new Set(['sh', 'bash', 'ash', 'dash', 'env', 'exec', 'tini', 'dumb-init', 'gosu', 'su-exec', 'nice']);

/** The program that a service runs in the end, as far as command and entrypoint tell; its name without directory. */
const programOf = (service: PlainService): string | undefined => {
  for (const words of [service.entrypoint, service.command]) {
    const program = firstProgram(words);
    if (program !== undefined) return program;
  }
  return undefined;
};

const firstProgram = (words: Located<readonly string[]> | undefined): string | undefined => {
  // `sh -c "exec vault server"` hides the program in one word.
  const flat = (words?.value ?? []).flatMap((word) => (word.includes(' ') ? splitWords(word) : [word]));
  for (const word of flat) {
    const program = word.slice(word.lastIndexOf('/') + 1);
    if (word.startsWith('-') || word.includes('=') || wrappers.has(program)) continue;
    // A script of the user's says nothing; what follows it may.
    if (/\.(?:sh|bash)$/.test(program) || program === '') continue;
    return /^[\w.+-]+$/.test(program) ? program : undefined;
  }
  return undefined;
};

/** What tells the kind of a service. */
export const hintsOf = (service: PlainService): KindHints => {
  const program = programOf(service);
  const build = service.build?.value.context
    .replace(/[/\\]+$/, '')
    .split(/[/\\]/)
    .at(-1);
  const exposed = service.expose.flatMap(({ value }) => {
    const port = Number.parseInt(value, 10);
    return Number.isInteger(port) ? [port] : [];
  });
  return {
    name: service.name,
    ...(service.image === undefined ? {} : { image: service.image.value.repository }),
    ...(build === undefined || build === '' ? {} : { build }),
    ...(program === undefined ? {} : { program }),
    ports: [...new Set([...service.ports.map(({ target }) => target), ...exposed])],
  };
};

/** The kind that a service is, and what told it. The highest score wins; of equal ones the first. */
export const recognise = (
  service: PlainService,
  kinds: readonly ServiceKind[],
  override: string | undefined,
): { readonly kind: string; readonly kindReason: string } => {
  if (override !== undefined) return { kind: override, kindReason: 'palisade.yaml' };
  const hints = hintsOf(service);
  let best: ServiceKind | undefined;
  let score = 0;
  for (const kind of kinds) {
    const found = kind.matches(hints);
    if (found > score) [best, score] = [kind, found];
  }
  return best === undefined
    ? { kind: 'unknown', kindReason: 'no kind claims it' }
    : { kind: best.id, kindReason: reasonOf(best, score, hints, service) };
};

/** The first hint that gives the score by itself. */
const reasonOf = (kind: ServiceKind, score: number, hints: KindHints, service: PlainService): string => {
  const nothing = { name: '', ports: [] };
  const alone: readonly (readonly [KindHints, string])[] = [
    ...(hints.image === undefined
      ? []
      : [[{ ...nothing, image: hints.image }, `image ${service.image?.value.text ?? hints.image}`] as const]),
    ...(hints.build === undefined ? [] : [[{ ...nothing, build: hints.build }, `build ${hints.build}`] as const]),
    ...(hints.program === undefined
      ? []
      : [[{ ...nothing, program: hints.program }, `program ${hints.program}`] as const]),
    [{ ...nothing, name: hints.name }, `name ${hints.name}`],
    ...hints.ports.map((port) => [{ ...nothing, ports: [port] }, `port ${port}`] as const),
  ];
  return alone.find(([hint]) => kind.matches(hint) >= score)?.[1] ?? 'several weak hints together';
};
