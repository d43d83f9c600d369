import type { KindHints } from '../../contracts/service-kind.ts';
import type { Service } from '../../contracts/stack.ts';

/** Last parts of repositories that hold a server. */
const servers = new Set([
  'mongo',
  'mongodb',
  'mongodb-sharded',
  'mongodb-community-server',
  'mongodb-enterprise-server',
  'mongodb-atlas-local',
  'percona-server-mongodb',
  'ferretdb',
  'ferretdb-eval',
]);

/** Words that tell a companion from a server. */
const companion = /express|exporter|backup|compass|mongosh|connector|seed|tools|client|operator|agent|migrat|init/;

/** How sure the kind is that a service is a MongoDB server. Companions and one-off clients never are. */
export const matches = (hints: KindHints): 0 | 1 | 2 => {
  const image = hints.image ?? '';
  if ([image, hints.name, hints.build ?? '', hints.program ?? ''].some((text) => companion.test(text))) return 0;
  if (servers.has(image.split('/').at(-1) ?? '')) return 2;
  if (/(?:^|\/)mongod$/.test(hints.program ?? '')) return 2;
  if (image !== '') return 0;
  if (/^mongo(?:db|d)?$/.test(hints.build ?? '')) return 1;
  return hints.ports.includes(27_017) ? 1 : 0;
};

/** True where entry point, account and paths of the image are known: Docker's official image. */
export const isOfficialImage = (service: Service): boolean =>
  /^(?:library\/)?mongo$/.test(service.image?.value.repository ?? '');

/** Major version that the tag names; undefined for `latest` and others that name none. */
export const majorVersion = (service: Service): number | undefined => {
  const found = /^v?(\d{1,2})(?:[.-]|$)/.exec(service.image?.value.tag ?? '')?.[1];
  return found === undefined ? undefined : Number(found);
};

/** User and group of the service account. Source: the Dockerfile of the official image. */
export const imageAccount = { uid: 999, gid: 999 } as const;
