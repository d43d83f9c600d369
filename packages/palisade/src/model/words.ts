/**
 * Splits a command line as a shell would, without expanding anything; an unclosed quote runs to the end.
 * Compose does the same for `command` and `entrypoint` in text form.
 */
export const splitWords = (line: string): readonly string[] => {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let index = 0; index < line.length; index += 1) {
    const character = line.charAt(index);
    if (quote === "'") {
      if (character === "'") quote = '';
      else word = `${word ?? ''}${character}`;
    } else if (character === '\\' && (quote === '' || /["\\$`\n]/.test(line.charAt(index + 1)))) {
      index += 1;
      if (line[index] !== '\n') word = `${word ?? ''}${line.charAt(index)}`;
    } else if (quote === '"') {
      if (character === '"') quote = '';
      else word = `${word ?? ''}${character}`;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = `${word ?? ''}${character}`;
  }
  if (word !== undefined) words.push(word);
  return words;
};
