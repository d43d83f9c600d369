import type { Attack } from '../../contracts/attack.ts';
import type { Assessment, ChecklistAnswer, Finding } from '../../contracts/finding.ts';
import type { ReachMatrix } from '../matrix.ts';
import { countFindings, groupFindings, locationText, openFindings, severities, unknownFindings } from '../order.ts';
import { plural, printable } from '../text.ts';
import { type Markup, html, nothing } from './markup.ts';
import { reachability } from './reachability.ts';
import { style } from './style.ts';

/** What the page can show beside the assessment. */
export interface HtmlExtras {
  /** The assessment before hardening; adds the columns `before`. */
  readonly before?: Assessment;
  /** What an attacker was able to do, after, and before where that was tried. */
  readonly attacks?: readonly { readonly after: Attack; readonly before?: Attack }[];
  /** Who reaches whom, after, and before where that was tried. */
  readonly reachability?: { readonly before?: ReachMatrix; readonly after: ReachMatrix };
}

const state = (value: ChecklistAnswer['state'] | undefined): Markup =>
  value === undefined
    ? html`<span class="state manual">not assessed</span>`
    : html`<span class="state ${value === 'unknown' ? 'unknown-state' : value}">${value}</span>`;

const checklist = (after: readonly ChecklistAnswer[], before: readonly ChecklistAnswer[] | undefined): Markup =>
  html` <h2 id="checklist">Checklist</h2>
    <div class="scroll" role="region" aria-labelledby="checklist" tabindex="0">
      <table>
        <thead>
          <tr>
            <th scope="col">#</th>
            <th scope="col">Item</th>
            ${before === undefined ? nothing : html`<th scope="col">Before</th>`}
            <th scope="col">${before === undefined ? 'State' : 'After'}</th>
            <th scope="col">Because</th>
          </tr>
        </thead>
        <tbody>
          ${after.map(
            ({ item, title, state: now, because }, index) =>
              html` <tr>
                <td>${index + 1}</td>
                <th scope="row">${title}</th>
                ${before === undefined ? nothing : html`<td>${state(before.find((answer) => answer.item === item)?.state)}</td>`}
                <td>${state(now)}</td>
                <td>${printable(because)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;

const attacks = (pairs: NonNullable<HtmlExtras['attacks']>): Markup =>
  pairs.length === 0
    ? nothing
    : html` <h2 id="attacks">What an attacker could do</h2>
        <div class="scroll" role="region" aria-labelledby="attacks" tabindex="0">
          <table>
            <thead>
              <tr>
                <th scope="col">Service</th>
                <th scope="col">Attack</th>
                <th scope="col">Before</th>
                <th scope="col">After</th>
                <th scope="col">Answer</th>
              </tr>
            </thead>
            <tbody>
              ${pairs.map(
                ({ before, after }) =>
                  html` <tr>
                    <th scope="row">${printable(after.service)}</th>
                    <td>${printable(after.act)}</td>
                    <td>
                      ${before === undefined ? '–' : html`<span class="state ${before.result === 'unknown' ? 'unknown-state' : before.result}">${before.result}</span>`}
                    </td>
                    <td>
                      <span class="state ${after.result === 'unknown' ? 'unknown-state' : after.result}"
                        >${after.result}</span
                      >
                    </td>
                    <td>${printable(after.detail)}</td>
                  </tr>`,
              )}
            </tbody>
          </table>
        </div>`;

const article = (finding: Finding): Markup => {
  const label = finding.outcome === 'unknown' ? 'unknown' : finding.severity;
  return html` <article class="${label}">
    <p><span class="tag">${label}</span> ${printable(finding.message)}</p>
    <p class="soft">
      <code
        >${finding.at === undefined ? (finding.source === 'live' ? 'running service' : 'project') : printable(locationText(finding.at, true))}</code
      >
      · <code>${finding.control}</code>
    </p>
    <p><b>Fix:</b> ${printable(finding.fix)}</p>
  </article>`;
};

const findings = (assessment: Assessment): Markup => {
  const groups = groupFindings([...openFindings(assessment), ...unknownFindings(assessment)], assessment.services);
  if (groups.length === 0)
    return html`<h2>Findings</h2>
      <p>None.</p>`;
  return html`<h2>Findings</h2>
    ${groups.map(
      ({ name, kind, findings: members }) =>
        html`<h3>${printable(name)}${kind === undefined ? nothing : html` <span class="soft">${kind}</span>`}</h3>
          ${members.map(article)}`,
    )}`;
};

const listed = (title: string, members: readonly Finding[], note: (finding: Finding) => string): Markup =>
  members.length === 0
    ? nothing
    : html` <details>
        <summary>${title} (${members.length})</summary>
        <ul>
          ${members.map((finding) => html`<li><code>${finding.control}</code> ${finding.resource.type === 'project' ? 'project' : printable(finding.resource.name)}: ${printable(note(finding))}</li>`)}
        </ul>
      </details>`;

/**
 * The assessment as one self-contained page: no script, no request, light and dark, prints well, WCAG 2.1 AA colours and
 * structure.
 */
export const renderHtml = (assessment: Assessment, extras: HtmlExtras = {}): string => {
  const counts = countFindings(assessment);
  const before = extras.before === undefined ? undefined : countFindings(extras.before);
  const { name } = assessment.project;
  return `${
    html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>Posture of ${printable(name)}</title>
        <style>
          ${{ html: style }}
        </style>
      </head>
      <body>
        <header>
          <h1>Posture of ${printable(name)}</h1>
          <p class="soft">
            ${assessment.mode === 'live' ? 'Live' : 'Static'} assessment of
            ${plural(assessment.services.length, 'service')},
            <time datetime="${assessment.assessedAt}"
              >${assessment.assessedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</time
            >
          </p>
          <ul class="counts" aria-label="Findings by severity">
            ${severities.map(
              (severity) =>
                html`<li>
                  <b class="tag ${severity}">${counts.open[severity]}</b
                  >${severity}${before === undefined ? nothing : html` <span class="soft">before ${before.open[severity]}</span>`}
                </li>`,
            )}
            <li>
              <b>${counts.pass}</b
              >pass${before === undefined ? nothing : html` <span class="soft">before ${before.pass}</span>`}
            </li>
            <li>
              <b>${counts.unknown}</b
              >unknown${before === undefined ? nothing : html` <span class="soft">before ${before.unknown}</span>`}
            </li>
          </ul>
          ${assessment.liveControlsNotRun > 0 ? html`<p>${plural(assessment.liveControlsNotRun, 'control')} that ask running services did not run.</p>` : nothing}
        </header>
        <main>
          ${attacks(extras.attacks ?? [])} ${reachability(extras.reachability)} ${checklist(assessment.checklist, extras.before?.checklist)}
          ${
            assessment.diagnostics.length === 0
              ? nothing
              : html`<h2>Files that could not be used</h2>
                  <ul>
                    ${assessment.diagnostics.map(({ at, message, next }) => html`<li><code>${printable(locationText(at, true))}</code> ${printable(message)}. ${printable(next)}</li>`)}
                  </ul>`
          }
          ${findings(assessment)}
          <h2>Also looked at</h2>
          ${listed(
            'Suppressed',
            assessment.findings.filter(({ outcome, suppression }) => outcome === 'fail' && suppression !== undefined),
            ({ message, suppression }) =>
              `${message} — accepted by ${suppression?.owner ?? ''} until ${suppression?.expires ?? ''}: ${suppression?.reason ?? ''}`,
          )}
          ${listed(
            'In the baseline',
            assessment.findings.filter(({ outcome, known }) => outcome === 'fail' && known),
            ({ message }) => message,
          )}
          ${listed(
            'Passed',
            assessment.findings.filter(({ outcome }) => outcome === 'pass'),
            ({ message }) => message,
          )}
          ${listed(
            'Not applicable',
            assessment.findings.filter(({ outcome }) => outcome === 'not-applicable'),
            ({ message }) => message,
          )}
        </main>
        <footer class="soft">
          <p>
            Made by Palisade. Compose files:
            ${assessment.project.composeFiles.map((file) => html`<code>${printable(file)}</code> `)}
          </p>
        </footer>
      </body></html>`.html
  }\n`;
};
