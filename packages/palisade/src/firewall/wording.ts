import type { FirewallPolicy, PublishedPort } from './policy.ts';

/** A name of the project for a comment: printable ASCII on one line, so that it cannot end the comment. */
export const shown = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').replaceAll('"', "'");

/** `443`, or `8000-8010` with the given sign between. */
export const portRange = ({ first, last }: PublishedPort, sign: string): string =>
  first === last ? String(first) : `${first}${sign}${last}`;

/** What both renderings say first, a line each, without comment signs. */
export const introduction = ({ project, bridges, waysIn, left }: FirewallPolicy): readonly string[] => [
  `Rules for the firewall of the host that runs ${shown(project)}; written by \`palisade firewall\`.`,
  'They only ever drop, and only what concerns the bridges and ports below: rules of the engine, of ufw and of',
  'firewalld stay as they are. Connections that exist when they are loaded live on until they end.',
  '',
  'Networks:',
  ...bridges.map(
    ({ network, name, internal }) => `  ${name}  ${shown(network)}${internal ? ', internal: no way in or out' : ''}`,
  ),
  `Ways in: ${waysIn.length === 0 ? 'none' : waysIn.map((port) => `${portRange(port, '-')}/${port.protocol} of ${shown(port.service)}`).join(', ')}`,
  ...(left.length === 0 ? [] : ['Not covered, look at it yourself:', ...left.map((reason) => `  ${shown(reason)}`)]),
  '',
  'What a container may want from its own host is closed too: host.docker.internal, a resolver that listens on the',
  'host, and the public address of this host. Let the container call the other service by its name instead.',
];
