import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

/** A machine beside the host, in a network namespace of its own, on which something listens. */
export interface Outside {
  /** Address and port of the listener there. */
  readonly listener: string;
  /** The host's own address on the way there. */
  readonly hostAddress: string;
  readonly remove: () => void;
}

const ip = (args: string): void => {
  const { status, stderr } = spawnSync('ip', args.split(' '), { encoding: 'utf8', timeout: 10_000 });
  if (status !== 0) throw new Error(`ip ${args}: ${stderr}`);
};

/**
 * Makes a neighbour of the host that takes the place of the world: it needs no internet, and answers surely. Its addresses are
 * those of a test network (RFC 5737, 198.51.100.0/24). It knows no way back into the networks of containers, so it answers only
 * what the host translates, as the world does.
 */
export const createOutside = (): Outside => {
  const id = randomBytes(3).toString('hex');
  const octet = 4 * (Number.parseInt(id.slice(0, 2), 16) >> 2);
  const [host, neighbour] = [`198.51.100.${octet + 1}`, `198.51.100.${octet + 2}`];
  const space = `palisade-${id}`;
  ip(`netns add ${space}`);
  try {
    ip(`link add pal${id} type veth peer name eth0 netns ${space}`);
    ip(`addr add ${host}/30 dev pal${id}`);
    ip(`link set pal${id} up`);
    ip(`-n ${space} addr add ${neighbour}/30 dev eth0`);
    ip(`-n ${space} link set eth0 up`);
  } catch (error) {
    ip(`netns delete ${space}`);
    throw error;
  }
  const answer = "require('node:http').createServer((_, response) => response.end()).listen(7780)";
  const server = spawn('ip', ['netns', 'exec', space, process.execPath, '-e', answer], { stdio: 'ignore' });
  return {
    listener: `${neighbour}:7780`,
    hostAddress: host,
    remove: () => {
      server.kill('SIGKILL');
      ip(`netns delete ${space}`);
    },
  };
};
