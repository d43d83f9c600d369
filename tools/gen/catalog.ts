import type { AnyControl } from '../../packages/palisade/src/contracts/control.ts';
import type { ServiceKind } from '../../packages/palisade/src/contracts/service-kind.ts';
import type { Found } from './discover.ts';

const identifier = (id: string): string =>
  id.replaceAll(/[^a-zA-Z0-9]+(.)?/g, (_all, letter: string | undefined) => (letter ?? '').toUpperCase());

/** The text of `catalog.generated.ts`: what is on disk, in the order of its ids. */
export const renderCatalog = (controls: readonly Found<AnyControl>[], kinds: readonly Found<ServiceKind>[]): string => {
  const sorted = controls.toSorted((a, b) => (a.value.id < b.value.id ? -1 : 1));
  const lines = [
    '// Generated from what is on disk: run `npm run gen` after adding, renaming or removing a control or a kind.',
    "import type { AnyControl } from './contracts/control.ts';",
    "import type { ServiceKind } from './contracts/service-kind.ts';",
    ...sorted.map(({ path, value }) => `import { control as ${identifier(value.id)} } from './${path}';`),
    ...kinds.map(({ path, value }) => `import { kind as ${identifier(value.id)}Kind } from './${path}';`),
    '',
    '/** Every control, in the order of its ids. */',
    'export const controls: readonly AnyControl[] = [',
    ...sorted.map(({ value }) => `  ${identifier(value.id)},`),
    '];',
    '',
    '/** Every service kind. */',
    `export const kinds: readonly ServiceKind[] = [${kinds.map(({ value }) => `${identifier(value.id)}Kind`).join(', ')}];`,
    '',
  ];
  return lines.join('\n');
};
