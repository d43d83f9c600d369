import type { AnyControl } from '../../packages/palisade/src/contracts/control.ts';
import type { ServiceKind } from '../../packages/palisade/src/contracts/service-kind.ts';
import type { ErrorDefinition } from '../../packages/palisade/src/support/errors.ts';
import { exceptions, proofOf } from '../../packages/palisade/test/proofs.ts';
import type { Found } from './discover.ts';

const generated = (source: string): string => `<!-- Generated from ${source} by \`npm run gen\`. -->`;

const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');

const listed = (tests: readonly string[]): string =>
  tests.map((test) => `[${test.slice(test.lastIndexOf('/') + 1)}](../../packages/palisade/${test})`).join(', ');

/** By what the live part of a control is proven: where a real server fails it and passes it, or why none does. */
const provenBy = ({ id, live }: AnyControl): readonly string[] => {
  if (live === undefined) return [];
  const { fail, pass } = proofOf(id);
  const whole = fail.filter((test) => pass.includes(test));
  if (whole.length > 0) return ['', `**Proven by:** a real server that fails and one that passes in ${listed(whole)}`];
  const half = (answer: 'fail' | 'pass', tests: readonly string[]): string =>
    tests.length > 0
      ? `a real server ${answer === 'fail' ? 'fails' : 'passes'} in ${listed(tests)}`
      : `none ${answer === 'fail' ? 'fails' : 'passes'}, for ${exceptions[id]?.[answer] ?? 'nobody has tried'}`;
  return ['', `**Proven by:** ${half('fail', fail)}; ${half('pass', pass)}`];
};

const provenCount = (controls: readonly Found<AnyControl>[]): string => {
  const live = controls.filter(({ value }) => value.live !== undefined);
  const proven = live.filter(({ value }) => Object.values(proofOf(value.id)).every((tests) => tests.length > 0));
  return `${controls.length} controls. ${live.length} of them ask running services; ${proven.length} of these are proven by real servers that fail and that pass, and each of the others says on its page what is missing, and why.`;
};

/** One page per area of controls, and the index; by path below `docs/`. */
export const renderControlDocuments = (controls: readonly Found<AnyControl>[]): ReadonlyMap<string, string> => {
  const areas = Map.groupBy(
    controls.map(({ value }) => value).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    ({ id }) => id.slice(0, id.indexOf('/')),
  );
  const pages = new Map<string, string>();
  for (const [area, members] of areas) {
    const sections = members.map((control) => {
      const references = control.references.map(({ source, section, url }) => {
        const text = section === undefined ? source : `${source} ${section}`;
        return url === undefined ? text : `[${text}](${url})`;
      });
      const sides = [
        control.static === undefined ? [] : ['files'],
        control.live === undefined ? [] : ['running service'],
      ].flat();
      return [
        `## ${control.id}`,
        '',
        `**${control.title}** · severity ${control.severity} · reads ${sides.join(' and ')}${control.aliases.length > 0 ? ` · also ${control.aliases.join(', ')}` : ''}`,
        '',
        control.rationale,
        '',
        `**Fix:** ${control.fix}`,
        ...((control.checklist ?? []).length > 0 ? ['', `**Checklist:** ${(control.checklist ?? []).join(', ')}`] : []),
        ...provenBy(control),
        ...(references.length > 0 ? ['', `**References:** ${references.join('; ')}`] : []),
        '',
      ].join('\n');
    });
    pages.set(
      `controls/${area}.md`,
      [generated("the controls' own metadata"), `# Controls: ${area}`, '', ...sections].join('\n'),
    );
  }
  const index = [...areas].map(([area, members]) =>
    [
      `## [${area}](${area}.md)`,
      '',
      table(
        ['control', 'severity', 'title', 'reads'],
        members.map((control) => [
          `[${control.id}](${area}.md#${control.id.replaceAll(/[^a-z0-9-]/g, '')})`,
          control.severity,
          control.title,
          [control.static === undefined ? [] : ['files'], control.live === undefined ? [] : ['service']]
            .flat()
            .join(', '),
        ]),
      ),
      '',
    ].join('\n'),
  );
  pages.set(
    'controls/README.md',
    [generated("the controls' own metadata"), `# Controls`, '', provenCount(controls), '', ...index].join('\n'),
  );
  return pages;
};

/** One page that tells what is known of each kind. */
export const renderServiceDocuments = (
  kinds: readonly Found<ServiceKind>[],
  controls: readonly Found<AnyControl>[],
): ReadonlyMap<string, string> => {
  const row = ({ value: kind }: Found<ServiceKind>): readonly string[] => [
    `\`${kind.id}\``,
    kind.title,
    Object.entries(kind.ports)
      .map(([name, port]) => `${name} ${port}`)
      .join(', '),
    String(controls.filter(({ value }) => value.id.startsWith(`${kind.id}/`)).length),
    [
      kind.harden === undefined ? [] : ['hardened configuration'],
      kind.certificates === undefined ? [] : ['certificates'],
      kind.secrets === undefined ? [] : ['credentials'],
      kind.statements === undefined ? [] : ['statements'],
      kind.probes === undefined ? [] : ['live probe'],
      kind.process === undefined ? [] : ['process runtime'],
    ]
      .flat()
      .join(', '),
  ];
  return new Map([
    [
      'services/README.md',
      [
        generated("the kinds' own metadata"),
        '# Service kinds',
        '',
        'What Palisade knows about each kind of service. A service of no kind still gets the container, network, file and supply controls.',
        '',
        table(['kind', 'what it is', 'ports', 'own controls', 'capabilities'], kinds.map(row)),
        '',
      ].join('\n'),
    ],
  ]);
};

/** Every error code with its meaning. */
export const renderErrorDocuments = (
  errors: ReadonlyMap<string, ErrorDefinition<never>>,
): ReadonlyMap<string, string> =>
  new Map([
    [
      'errors/README.md',
      [
        generated('the `errors.ts` files'),
        '# Errors',
        '',
        'Every error has a stable code, says what happened to what, and what to do next. Exit code 2 means that the input or the configuration is at fault, 3 that something could not be determined or reached.',
        '',
        table(
          ['code', 'exit', 'when'],
          [...errors].map(([code, { exit, summary }]) => [`\`${code}\``, String(exit), summary]),
        ),
        '',
      ].join('\n'),
    ],
  ]);
