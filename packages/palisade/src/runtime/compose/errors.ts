import { defineErrors } from '../../support/errors.ts';

interface Shapes {
  'compose/no-client': { searched: number };
  'compose/no-engine': { why: string };
  'compose/no-compose': { why: string };
  'compose/command-failed': { what: string; why: string };
  'compose/no-addresses': { what: string; why: string };
  'compose/answer-unreadable': { what: string; why: string };
  'compose/runs-elsewhere': { services: readonly string[]; directory: string };
  'compose/port-taken': { what: string; address: string };
  'compose/image-missing': { service: string; image: string; why: string };
  'compose/disk-full': { what: string; why: string };
  'compose/too-old': { version: string; why: string };
  'compose/not-yours': { path: string; why: string };
  'compose/no-probe-image': { tried: readonly string[] };
}

/** Errors of the runtime that drives a container engine. */
export const { error, definitions } = defineErrors<Shapes>({
  'compose/no-client': {
    exit: 2,
    summary: 'The compose runtime was asked for, and there is no docker program.',
    message: ({ searched }) => `no program named docker was found in ${searched} directories`,
    next: () => 'Install a Docker engine with Compose, or use --runtime process, which needs none.',
  },
  'compose/no-engine': {
    exit: 3,
    summary: 'The container engine does not answer.',
    message: ({ why }) => `the container engine does not answer: ${why}`,
    next: () =>
      'Start it (systemctl start docker), or set DOCKER_HOST to where it listens; --runtime process needs none.',
  },
  'compose/no-compose': {
    exit: 2,
    summary: 'There is a docker program, and neither its Compose plugin nor docker-compose.',
    message: ({ why }) => `neither docker compose nor docker-compose can be used: ${why}`,
    next: () => 'Install the Compose plugin (Debian: docker-compose, docker.com: docker-compose-plugin).',
  },
  'compose/command-failed': {
    exit: 3,
    summary: 'A command of the container engine failed.',
    message: ({ what, why }) => `${what} failed: ${why}`,
    next: () => 'Mend what the engine says, then run the command again; nothing that runs was left half changed.',
  },
  'compose/no-addresses': {
    exit: 3,
    summary: 'The container engine has no addresses left for another network.',
    message: ({ what, why }) => `${what} failed, because the engine has no addresses for another network: ${why}`,
    next: () =>
      'Remove networks that nothing uses (docker network prune), or give the engine more and smaller ones in daemon.json: {"default-address-pools": [{"base": "10.200.0.0/16", "size": 24}]}.',
  },
  'compose/answer-unreadable': {
    exit: 3,
    summary: 'The container engine answered in a form that is not known.',
    message: ({ what, why }) => `the answer to ${what} cannot be read: ${why}`,
    next: () => 'Compare the version of the engine with the supported ones: 20.10 and later.',
  },
  'compose/runs-elsewhere': {
    exit: 2,
    summary: 'Containers of a project with the same name run from another directory.',
    message: ({ services, directory }) => `${services.join(', ')} run already, from ${directory}`,
    next: ({ directory }) =>
      `Stop them with palisade down ${directory} --runtime compose, or give one of the two projects another name.`,
  },
  'compose/port-taken': {
    exit: 3,
    summary: 'A port that the project publishes on the host is taken by another program.',
    message: ({ what, address }) => `${what} failed: another program listens on ${address} already`,
    next: ({ address }) =>
      `End it (ss -ltnp shows whose ${address.split(':').at(-1) ?? 'port'} is), or publish another port in the Compose file.`,
  },
  'compose/image-missing': {
    exit: 3,
    summary: 'An image is not on this machine, and the engine could not get it.',
    message: ({ service, image, why }) => `${service} cannot be made, because the image ${image} is not here: ${why}`,
    next: ({ image }) =>
      `Get it where there is a way to its registry (docker pull ${image}), or bring it as a file: docker save there, docker load here.`,
  },
  'compose/disk-full': {
    exit: 3,
    summary: 'The disk of the container engine is full.',
    message: ({ what, why }) => `${what} failed, because the disk is full: ${why}`,
    next: () => 'See with docker system df what takes the room, and remove what nobody needs; volumes are data.',
  },
  'compose/too-old': {
    exit: 2,
    summary: 'docker-compose of the first generation cannot read the project.',
    message: ({ version, why }) => `docker-compose ${version} cannot read the project: ${why}`,
    next: () =>
      'Install Compose 2.17 or later (docker.com: docker-compose-plugin; Debian 13: docker-compose): it knows limits of process numbers, project names and build contexts by name. --runtime process needs none.',
  },
  'compose/not-yours': {
    exit: 2,
    summary: 'A file belongs to the account of a container, and whoever runs Palisade may not read or change it.',
    message: ({ path, why }) => `${path} belongs to another account, and the engine could not help: ${why}`,
    next: () =>
      'Run Palisade as root, or get the images first (docker compose pull), so that a container can change the owner.',
  },
  'compose/no-probe-image': {
    exit: 3,
    summary: 'No image that is present can try connections from inside a network.',
    message: ({ tried }) => `none of the images ${tried.join(', ')} has a shell with bash, nc or python3`,
    next: () => 'Name an image that has one with --probe-image, for example busybox.',
  },
});
