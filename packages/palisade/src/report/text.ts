/**
 * Makes text from files and servers safe for a terminal: control characters, and the bidirectional and zero-width ones
 * that could make a line read as another, become visible.
 */
export const printable = (text: string): string =>
  text.replaceAll(
    // eslint-disable-next-line no-control-regex -- control characters are what this is about
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Breaks a text at spaces into lines of at most `width` characters; a longer word gets a line of its own. */
export const wrap = (text: string, width: number): readonly string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
};

/** `1 finding`, `2 findings`. */
export const plural = (count: number, singular: string, many = `${singular}s`): string =>
  `${count} ${count === 1 ? singular : many}`;
