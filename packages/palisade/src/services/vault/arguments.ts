import type { Location } from '../../contracts/location.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { containerFiles } from './container-files.ts';
import { imageLayout, isOfficialImage, productOf } from './matching.ts';

/** How a service's words start the server. */
export type Start =
  /** `server -dev`, by word or by the image's own default. */
  | { readonly mode: 'development'; readonly at: Location; readonly tls: boolean; readonly why: string }
  /** A server that reads these files and directories of the container. */
  | { readonly mode: 'production'; readonly configurations: readonly string[] }
  | { readonly mode: 'unclear'; readonly why: string };

/** The words of a shell's text, quotes taken off. */
const shellWords = (text: string): readonly string[] =>
  text
    .split(/[\s;&|()]+/)
    .filter((part) => part !== '')
    .map((part) => part.replace(/^(["'])(.*)\1$/s, '$2'));

/** The words of entry point and command, and of the project's own script where they start one. */
export const wordsOf = (stack: Stack, service: Service): readonly string[] => {
  const words = [...(service.entrypoint?.value ?? []), ...(service.command?.value ?? [])].flatMap(shellWords);
  if (words.includes('server')) return words;
  const script = containerFiles(stack, service).find(({ path }) => words.includes(path))?.file.text;
  return script === undefined ? words : [...words, ...shellWords(script.replace(/^\s*#.*$/gm, ''))];
};

/** The line of the Compose file that holds a word of entry point or command; the start of the list where none does. */
export const locateWord = (stack: Stack, service: Service, word: string): Location => {
  for (const words of [service.command, service.entrypoint]) {
    if (words?.value.some((each) => each.includes(word)) !== true) continue;
    const lines = (stack.sources.get(words.at.file) ?? '').split('\n');
    for (let line = words.at.line; line <= Math.min(lines.length, words.at.line + 60); line += 1) {
      const column = (lines[line - 1] ?? '').indexOf(word);
      if (column >= 0) return { file: words.at.file, line, column: column + 1 };
    }
    return words.at;
  }
  return service.at;
};

const isDevelopmentFlag = (word: string): boolean =>
  /^--?dev(?:=(?:1|t|true))?$/i.test(word) ||
  /^--?dev-(?:tls|ha|transactional|kv-v1|three-node|four-cluster)\b/.test(word);

const configurationsIn = (words: readonly string[]): readonly string[] =>
  words.flatMap((word, index) => {
    const inline = /^--?config=(.+)$/.exec(word)?.[1];
    if (inline !== undefined) return [inline];
    const next = words[index + 1];
    return /^--?config$/.test(word) && next !== undefined ? [next] : [];
  });

/** True where the words go through the official image's entry point, which adds its configuration directory to `server`. */
const throughEntryPoint = (service: Service, words: readonly string[]): boolean =>
  words.some((word) => word.endsWith('docker-entrypoint.sh')) || service.entrypoint === undefined;

/** How the service starts its server. Source: docker-entrypoint.sh and default command of the official images. */
export const startOf = (stack: Stack, service: Service): Start => {
  const words = wordsOf(stack, service);
  const flag = words.find(isDevelopmentFlag);
  if (flag !== undefined) {
    const tls = words.some((word) => /^--?dev-tls\b/.test(word));
    return { mode: 'development', at: locateWord(stack, service, flag), tls, why: `it is started with ${flag}` };
  }
  const layout = imageLayout(productOf(service));
  const server = words.indexOf('server');
  const named = configurationsIn(words);
  if (server >= 0) {
    const previous = words[server - 1] ?? '';
    const direct = /(?:^|\/)(?:vault|bao)$/.test(previous);
    const implied = !direct && throughEntryPoint(service, words) ? [layout.configuration] : [];
    return { mode: 'production', configurations: [...implied, ...named] };
  }
  if (named.length > 0) return { mode: 'production', configurations: named };
  if (words.length === 0 && isOfficialImage(service))
    return {
      mode: 'development',
      at: service.image?.at ?? service.at,
      tls: false,
      why: 'it has no command, and the image then starts a development server',
    };
  return { mode: 'unclear', why: `it does not say how ${service.name} starts the server` };
};
