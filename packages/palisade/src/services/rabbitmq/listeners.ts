import type { Location } from '../../contracts/location.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { type Settings, pluginsOf, readSettings, settingsBelow } from './posture.ts';

/** A socket that the server opens for clients. */
export interface Listener {
  /** What is spoken: `amqp`, `management`, `mqtt`, … */
  readonly protocol: string;
  readonly tls: boolean;
  readonly port: number;
  readonly at: Location;
}

/** Listeners of a service; unknown where the files do not tell. */
export type Listeners =
  | { readonly state: 'known'; readonly listeners: readonly Listener[] }
  | { readonly state: 'unknown'; readonly why: string; readonly at: Location };

/** What listens: the core and its plugins, with default ports. Source: RabbitMQ documentation, Networking, "Ports". */
interface Source {
  readonly protocol: string;
  readonly plugin?: string;
  readonly prefix: string;
  /** `pairs`: `<prefix>.tcp.<name>` holds an address or `none`; `sections`: `<prefix>.tcp.port`. */
  readonly form: 'pairs' | 'sections';
  readonly plain: number;
}

const sources: readonly Source[] = [
  { protocol: 'amqp', prefix: 'listeners', form: 'pairs', plain: 5672 },
  { protocol: 'management', plugin: 'rabbitmq_management', prefix: 'management', form: 'sections', plain: 15_672 },
  { protocol: 'prometheus', plugin: 'rabbitmq_prometheus', prefix: 'prometheus', form: 'sections', plain: 15_692 },
  { protocol: 'mqtt', plugin: 'rabbitmq_mqtt', prefix: 'mqtt.listeners', form: 'pairs', plain: 1883 },
  { protocol: 'stomp', plugin: 'rabbitmq_stomp', prefix: 'stomp.listeners', form: 'pairs', plain: 61_613 },
  { protocol: 'stream', plugin: 'rabbitmq_stream', prefix: 'stream.listeners', form: 'pairs', plain: 5552 },
  { protocol: 'web-mqtt', plugin: 'rabbitmq_web_mqtt', prefix: 'web_mqtt', form: 'sections', plain: 15_675 },
  { protocol: 'web-stomp', plugin: 'rabbitmq_web_stomp', prefix: 'web_stomp', form: 'sections', plain: 15_674 },
];

const portOf = (value: string): number | undefined => {
  const port = Number(/(?:^|:)(\d{1,5})$/.exec(value)?.[1]);
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : undefined;
};

const pairs = (read: Settings, { protocol, prefix, plain }: Source, at: Location): readonly Listener[] => {
  const listed = (transport: string): readonly Listener[] =>
    settingsBelow(read, `${prefix}.${transport}`).flatMap((setting) => {
      const port = portOf(setting.value);
      return port === undefined ? [] : [{ protocol, tls: transport === 'ssl', port, at: setting.at }];
    });
  const none =
    read.state === 'known' && read.settings.findLast(({ name }) => name === `${prefix}.tcp`)?.value === 'none';
  const tcp = listed('tcp');
  return [...(none ? [] : tcp.length > 0 ? tcp : [{ protocol, tls: false, port: plain, at }]), ...listed('ssl')];
};

const sections = (read: Settings, { protocol, prefix, plain }: Source, at: Location): readonly Listener[] => {
  const found = settingsBelow(read, prefix);
  const value = (name: string) => found.find((setting) => setting.name === `${prefix}.${name}`);
  const tls = value('ssl.port');
  const legacy = value('listener.port');
  const legacyTls = value('listener.ssl')?.value === 'true';
  const tcp = found.some(({ name }) => name.startsWith(`${prefix}.tcp.`));
  const offered: Listener[] = [];
  if (tls !== undefined) offered.push({ protocol, tls: true, port: portOf(tls.value) ?? plain - 1, at: tls.at });
  if (legacy !== undefined)
    offered.push({ protocol, tls: legacyTls, port: portOf(legacy.value) ?? plain, at: legacy.at });
  // Without any listener of its own the plugin opens its default one, in plaintext.
  if (tcp || offered.length === 0) {
    const port = value('tcp.port');
    offered.push({ protocol, tls: false, port: portOf(port?.value ?? '') ?? plain, at: port?.at ?? at });
  }
  return offered;
};

/** Every listener for clients, of the core and of the enabled plugins. */
export const listenersOf = (stack: Stack, service: Service): Listeners => {
  const read = readSettings(stack, service);
  if (read.state === 'unknown') return read;
  const plugins = pluginsOf(stack, service);
  if (plugins === undefined) return { state: 'unknown', why: 'the list of plugins cannot be read', at: read.at };
  return {
    state: 'known',
    listeners: sources
      .filter(({ plugin }) => plugin === undefined || plugins.includes(plugin))
      .flatMap((source) => (source.form === 'pairs' ? pairs(read, source, read.at) : sections(read, source, read.at))),
  };
};

/** The listeners of one protocol; none where they are unknown. */
export const listenersFor = (stack: Stack, service: Service, protocol: string): readonly Listener[] => {
  const found = listenersOf(stack, service);
  return found.state === 'known' ? found.listeners.filter((each) => each.protocol === protocol) : [];
};

/** Port of the daemon that tells nodes each other's ports. */
export const epmdPort = 4369;

/** Port on which nodes and their administrators talk. */
export const distributionPort = 25_672;
