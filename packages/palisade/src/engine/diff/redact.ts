const mask = '‹redacted›';

const secretWord = String.raw`pass(?:word|wd|phrase)?|pwd|secret|token|credential|api[_-]?key|private[_-]?key|access[_-]?key|unseal|auth`;

/** `NAME_PASSWORD: value`, `"api-key" = value`, `- TOKEN=value`; not where the name ends in `_FILE`. */
const assignment = new RegExp(
  String.raw`^(.*?[\w.-]*(?:${secretWord})[\w.-]*(?<!_file)["']?\s*[:=]\s*)(\S.*?)(\s*)$`,
  'i',
);
const option = new RegExp(
  String.raw`(--?[\w-]*(?:${secretWord})[\w-]*(?:["']?\s*,\s*["']?|[ =]+["']?))([^\s"',\]]+)`,
  'gi',
);
const directive = /\b(requirepass|masterauth|sasl_password|ssl_passphrase)(\s+)(\S+)/gi;
const userinfo = /([a-z][a-z0-9+.-]*:\/\/[^\s:@/'"]*:)([^\s@/'"]+)(?=@)/gi;
const accessList = /(^|\s)([<>#])(\S+)/g;
const tokens =
  /\b(?:hv[sbr]\.[\w-]{20,}|s\.[A-Za-z0-9]{24,}|AGE-SECRET-KEY-1[A-Z0-9]+|eyJ[\w-]{10,}\.[\w-]+\.[\w-]+|AKIA[A-Z0-9]{16}|gh[pousr]_\w{20,})/g;

/** A reference, a path or a switch is no secret and tells the reader what matters. */
const harmless =
  /^["']?(?:\$\{\w+\}|\$\w+|\.{0,2}\/[^\s"']*|true|false|null|yes|no|~|\*[\w-]+|&[\w-]+|[{[][}\]]|#.*)["']?,?$/i;
const referenceWithOperand = /^(["']?\$\{\w+(?::?[-?+]))(.*)(\}["']?,?)$/;
const blockScalar = /^(?:[&!]\S+\s+)*[|>][-+\d]*\s*(?:#.*)?$/;

const maskValue = (value: string): string => {
  if (harmless.test(value)) return value;
  const reference = referenceWithOperand.exec(value);
  return reference === null ? mask : `${reference[1] ?? ''}${mask}${reference[3] ?? ''}`;
};

const maskInside = (line: string): string =>
  line
    .replaceAll(userinfo, (_all, before: string, secret: string) => before + maskValue(secret))
    .replaceAll(option, (_all, before: string, secret: string) => before + maskValue(secret))
    .replaceAll(directive, (_all, name: string, space: string, secret: string) => name + space + maskValue(secret))
    .replaceAll(tokens, mask);

const indentation = (line: string): number => line.length - line.trimStart().length;

/**
 * The lines of a text with what looks like a secret masked: values of telling names, passwords in URLs and options,
 * private keys, tokens. A second fence for texts that people wrote; Palisade's own texts hold no secret in the first
 * place.
 */
export const redactLines = (text: string): readonly string[] => {
  let key = false;
  let block: number | undefined;
  return text.split('\n').map((line) => {
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(line)) key = true;
    if (key) {
      if (/-----END [A-Z ]*PRIVATE KEY-----/.test(line)) key = false;
      return `${' '.repeat(indentation(line))}${mask}`;
    }
    if (block !== undefined) {
      if (line.trim() === '') return line;
      if (indentation(line) > block) return `${' '.repeat(indentation(line))}${mask}`;
      block = undefined;
    }
    const found = assignment.exec(line);
    if (found === null) {
      const inside = maskInside(line);
      return /^\s*user\s/.test(inside) ? inside.replaceAll(accessList, `$1$2${mask}`) : inside;
    }
    const [, name = '', value = '', space = ''] = found;
    if (blockScalar.test(value)) {
      block = indentation(line);
      return line;
    }
    return maskInside(name) + (value === maskValue(value) ? maskInside(value) : maskValue(value)) + space;
  });
};
