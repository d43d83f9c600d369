import type { Control } from '../../contracts/control.ts';
import type { ImageReference, Stack } from '../../contracts/stack.ts';
import { askEachService } from '../question.ts';

/** The release lines of one server that were maintained when the table was made. */
interface Support {
  /** Last part of the image's repository. */
  readonly images: RegExp;
  readonly title: string;
  /** The day on which each line ends, oldest line first; null where no day was announced. */
  readonly lines: readonly (readonly [line: string, ends: string | null])[];
}

/** The day on which the table was taken from endoflife.date. */
const tableDate = '2026-08-22';

const table: readonly Support[] = [
  {
    images: /^(?:postgres|postgresql|postgis)$/,
    title: 'PostgreSQL',
    lines: [
      ['14', '2026-11-12'],
      ['15', '2027-11-11'],
      ['16', '2028-11-09'],
      ['17', '2029-11-08'],
      ['18', '2030-11-14'],
    ],
  },
  {
    images: /^redis$/,
    title: 'Redis',
    lines: [
      ['6.2', '2027-04-01'],
      ['7.2', '2029-12-01'],
      ['7.4', '2029-12-01'],
      ['8.0', '2026-12-01'],
      ['8.2', '2030-09-01'],
      ['8.4', null],
      ['8.6', null],
      ['8.8', null],
      ['8.10', null],
    ],
  },
  {
    images: /^valkey$/,
    title: 'Valkey',
    lines: [
      ['7.2', '2029-04-16'],
      ['8.0', '2027-09-15'],
      ['8.1', '2030-03-31'],
      ['9.0', '2028-10-21'],
      ['9.1', null],
    ],
  },
  {
    images: /^(?:mysql|mysql-server)$/,
    title: 'MySQL',
    lines: [
      ['8.4', '2032-04-30'],
      ['9.7', '2034-04-21'],
    ],
  },
  {
    images: /^mariadb$/,
    title: 'MariaDB',
    lines: [
      ['10.11', '2028-02-16'],
      ['11.4', '2029-05-29'],
      ['11.8', '2028-06-04'],
      ['12.3', '2029-06-12'],
    ],
  },
  {
    images: /^(?:mongo|mongodb|mongodb-community-server)$/,
    title: 'MongoDB',
    lines: [
      ['7.0', '2027-08-31'],
      ['8.0', '2029-10-31'],
      ['8.3', '2029-10-31'],
    ],
  },
  { images: /^rabbitmq$/, title: 'RabbitMQ', lines: [['4.3', null]] },
  {
    images: /^(?:nginx|nginx-unprivileged)$/,
    title: 'nginx',
    lines: [
      ['1.30', null],
      ['1.31', null],
    ],
  },
  { images: /^vault$/, title: 'Vault', lines: [['2.0', null]] },
  { images: /^openbao(?:-ubi)?$/, title: 'OpenBao', lines: [['2.6', null]] },
];

type Version = readonly number[];

const versionOf = (text: string): Version | undefined => /^v?(\d+(?:\.\d+)*)/.exec(text)?.[1]?.split('.').map(Number);

/** Compares as far as both go, so that `8` is equal to `8.4`. */
const compare = (a: Version, b: Version): number =>
  a
    .slice(0, b.length)
    .map((part, index) => part - (b[index] ?? 0))
    .find((difference) => difference !== 0) ?? 0;

/** `supported`, `ended`, or undefined where the tag does not tell. A line newer than the table is supported. */
const stateOf = ({ lines }: Support, tag: string, today: string): 'supported' | 'ended' | undefined => {
  const version = versionOf(tag);
  if (version === undefined) return undefined;
  const equal = lines.filter(([line]) => compare(version, versionOf(line) ?? []) === 0);
  if (equal.length > 0) return equal.some(([, ends]) => ends === null || ends > today) ? 'supported' : 'ended';
  const newest = versionOf(lines.at(-1)?.[0] ?? '') ?? [];
  return compare(version, newest) > 0 ? 'supported' : 'ended';
};

const maintained = ({ lines }: Support, today: string): string =>
  lines.flatMap(([line, ends]) => (ends === null || ends > today ? [line] : [])).join(', ');

const dayOf = ({ readAt }: Stack): string =>
  readAt === undefined ? tableDate : new Date(readAt).toISOString().slice(0, 10);

const supportOf = (image: ImageReference | undefined): Support | undefined => {
  const name = image?.repository.split('/').at(-1) ?? '';
  return table.find(({ images }) => images.test(name));
};

/** S02: every server is of a release that still gets fixes. */
export const control: Control = {
  id: 'supply/outdated-server',
  aliases: ['S02'],
  title: 'Servers are of a maintained release',
  severity: 'medium',
  rationale:
    'A release that has reached its end gets no fix for the next flaw, and the flaws of the later releases tell where to look in it.',
  fix: 'Move to a release line that is maintained, after a backup and by the upgrade path of the server.',
  references: [{ source: `endoflife.date as of ${tableDate}`, url: 'https://endoflife.date/' }],
  static: askEachService({
    inapplicable: ({ image }) =>
      supportOf(image?.value) === undefined ? 'is no server whose releases are known here' : undefined,
    sound: 'is of a maintained release',
    *faults({ name, image }, stack) {
      const support = supportOf(image?.value);
      const tag = image?.value.tag;
      const today = dayOf(stack);
      if (support === undefined || image === undefined || tag === undefined) return;
      if (stateOf(support, tag, today) !== 'ended') return;
      yield {
        message: `${name} runs ${support.title} ${tag}, which gets no more fixes; maintained are ${maintained(support, today)}`,
        at: image.at,
        key: support.title,
      };
    },
    undetermined: ({ image }, stack) => {
      const support = supportOf(image?.value);
      const tag = image?.value.tag;
      return support === undefined || (tag !== undefined && stateOf(support, tag, dayOf(stack)) !== undefined)
        ? undefined
        : `the tag of ${image?.value.text ?? 'the image'} does not tell the release`;
    },
  }),
};
