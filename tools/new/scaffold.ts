/** What can be made. */
export type Subject = 'control' | 'kind';

const words = (slug: string): string => slug.replaceAll('-', ' ');

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const control = (area: string, slug: string, isOfKind: boolean): ReadonlyMap<string, string> => {
  const folder = isOfKind ? `services/${area}` : `controls/${area}`;
  const file = isOfKind ? `${folder}/controls/${slug}.ts` : `${folder}/${slug}.ts`;
  const up = '../'.repeat(file.split('/').length - 1);
  const fixtures = `${folder}/fixtures/${slug}`;
  return new Map([
    [
      file,
      `import type { Control } from '${up}contracts/control.ts';

/** ${sentence(words(slug))}. */
export const control: Control = {
  id: '${area}/${slug}',
  aliases: [],
  title: '${sentence(words(slug))}',
  severity: 'medium',
  rationale: 'What an attacker gains where this fails.',
  fix: 'What to change, in one line.',
  references: [],
  static: function* assess(stack) {
    for (const service of stack.services.values()) {
      const resource = { type: 'service', name: service.name } as const;
      const label = service.labels.get('example.posture');
      if (label?.value === 'weak')
        yield { outcome: 'fail', resource, message: 'the service calls itself weak', at: label.at };
      else yield { outcome: 'pass', resource, message: 'the service does not call itself weak', at: service.at };
    }
  },
};
`,
    ],
    [
      `${fixtures}/fail.labelled/compose.yaml`,
      'services:\n  app:\n    image: example/app:1.0.0\n    labels:\n      example.posture: weak # finding\n',
    ],
    [`${fixtures}/pass.not-labelled/compose.yaml`, 'services:\n  app:\n    image: example/app:1.0.0\n'],
  ]);
};

const kind = (id: string): ReadonlyMap<string, string> =>
  new Map([
    [
      `services/${id}/index.ts`,
      `import type { ServiceKind } from '../../contracts/service-kind.ts';

/** ${sentence(words(id))}. */
export const kind: ServiceKind = {
  id: '${id}',
  title: '${sentence(words(id))}',
  matches: ({ image, name }) => (image?.split('/').at(-1) === '${id}' ? 2 : name === '${id}' ? 1 : 0),
  ports: {},
  storesData: false,
  capabilities: [],
  writablePaths: [],
};
`,
    ],
    ...control(id, 'example', true),
  ]);

/**
 * The files of a new control (\`<area>/<slug>\`) or service kind (\`<id>\`), by path below the source folder. They work as
 * they are: the fixtures pass, so that the author changes one thing at a time.
 *
 * @throws Error where the name is not in lower case with hyphens
 */
export const scaffold = (subject: Subject, name: string, kinds: readonly string[]): ReadonlyMap<string, string> => {
  const pattern = subject === 'control' ? /^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/ : /^[a-z][a-z0-9-]*$/;
  if (!pattern.test(name))
    throw new Error(
      `${name} is not a name for a ${subject}; ${subject === 'control' ? '<area>/<slug>' : '<id>'} in lower case with hyphens is`,
    );
  const [area = '', slug = ''] = name.split('/');
  return subject === 'kind' ? kind(name) : control(area, slug, kinds.includes(area));
};
