import type { ReachCell } from '../../contracts/evidence.ts';
import type { ReachMatrix } from '../matrix.ts';
import { departuresOf, summaryOf, symbols } from '../reachability.ts';
import { printable } from '../text.ts';
import { type Markup, html, nothing } from './markup.ts';

const meanings: Readonly<Record<ReachCell['verdict'], string>> = {
  declared: 'calls and reaches',
  answering: 'is called by it, and reaches back',
  public: 'reaches what it publishes for everybody',
  undeclared: 'reaches without a call',
  apart: 'kept apart',
  broken: 'calls and does not reach',
  unknown: 'not known',
};

const states: Readonly<Record<ReachCell['verdict'], string>> = {
  declared: 'refused',
  answering: 'manual',
  public: 'manual',
  undeclared: 'accepted',
  apart: 'manual',
  broken: 'accepted',
  unknown: 'unknown-state',
};

const isVerdict = (name: string): name is ReachCell['verdict'] => name in symbols;

const cell = (from: string, to: string, cells: readonly ReachCell[]): Markup => {
  if (from === to) return html`<td></td>`;
  const verdict = cells.find((each) => each.to === to)?.verdict ?? 'unknown';
  return html`<td><abbr class="state ${states[verdict]}" title="${meanings[verdict]}">${symbols[verdict]}</abbr></td>`;
};

const table = (id: string, title: string, matrix: ReachMatrix): Markup =>
  html` <h3 id="${id}">${title}</h3>
    <div class="scroll" role="region" aria-labelledby="${id}" tabindex="0">
      <table>
        <thead>
          <tr>
            <th scope="col">Caller</th>
            ${matrix.services.map((name) => html`<th scope="col">${printable(name)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${matrix.rows.map(
            ({ from, cells }) =>
              html`<tr>
                <th scope="row">${printable(from)}</th>
                ${matrix.services.map((to) => cell(from, to, cells))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p>${summaryOf(matrix)}.</p>
    ${departuresOf(matrix).length === 0 ? nothing : html`<ul>${departuresOf(matrix).map((line) => html`<li>${printable(line)}</li>`)}</ul>`}`;

/** Who reaches whom, as tables: after, and before where that was tried. */
export const reachability = (
  matrices: { readonly before?: ReachMatrix; readonly after: ReachMatrix } | undefined,
): Markup =>
  matrices === undefined
    ? nothing
    : html` <h2>Who reaches whom</h2>
        <p>Tried from inside the networks of each service, over IPv4 and IPv6, and over the ports that the host publishes.</p>
        <p class="soft">
          ${Object.entries(meanings).map(([verdict, meaning]) => (isVerdict(verdict) ? html`<b>${symbols[verdict]}</b> ${meaning}; ` : nothing))}
        </p>
        ${matrices.before === undefined ? nothing : table('reach-before', 'Before', matrices.before)}
        ${table('reach-after', matrices.before === undefined ? 'Now' : 'After', matrices.after)}`;
