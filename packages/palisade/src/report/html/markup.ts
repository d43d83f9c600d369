/** A piece of HTML that is safe to insert as it is. */
export interface Markup {
  readonly html: string;
}

type Piece = Markup | string | number | readonly Piece[];

const escapeText = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

const render = (piece: Piece): string => {
  if (typeof piece === 'string') return escapeText(piece);
  if (typeof piece === 'number') return String(piece);
  if ('html' in piece) return piece.html;
  return piece.map(render).join('');
};

/** Tagged template whose values are escaped, unless they are markup themselves; arrays are joined. */
export const html = (parts: TemplateStringsArray, ...values: readonly Piece[]): Markup => ({
  html: parts.map((part, index) => part + render(values[index] ?? '')).join(''),
});

/** No markup, for the branch of a condition that shows nothing. */
export const nothing: Markup = { html: '' };
