/**
 * What may stand where in a Compose file, as a table of our own: the JSON schema of the specification answers in terms of
 * `oneOf` branches and knows neither positions nor interpolated numbers. Source: Compose specification, chapters 02–14.
 */
export type Shape =
  | { readonly is: 'any' }
  | { readonly is: 'scalar'; readonly types: readonly ScalarType[]; readonly words?: readonly string[] }
  | { readonly is: 'list'; readonly of: Shape }
  | { readonly is: 'map'; readonly keys: { readonly [key: string]: Shape }; readonly required?: readonly string[] }
  | { readonly is: 'names'; readonly of: Shape }
  | { readonly is: 'either'; readonly shapes: readonly Shape[] };

/** Types of single values; an interpolated text passes for a number or truth value that it spells. */
export type ScalarType = 'text' | 'number' | 'truth';

const any: Shape = { is: 'any' };
const text: Shape = { is: 'scalar', types: ['text'] };
const number: Shape = { is: 'scalar', types: ['number'] };
const truth: Shape = { is: 'scalar', types: ['truth'] };
const textOrNumber: Shape = { is: 'scalar', types: ['text', 'number'] };
const single: Shape = { is: 'scalar', types: ['text', 'number', 'truth'] };
const list = (of: Shape): Shape => ({ is: 'list', of });
const map = (keys: { readonly [key: string]: Shape }, ...required: readonly string[]): Shape => ({
  is: 'map',
  keys,
  required,
});
const names = (of: Shape): Shape => ({ is: 'names', of });
const either = (...shapes: readonly Shape[]): Shape => ({ is: 'either', shapes });
const words = (...allowed: readonly string[]): Shape => ({ is: 'scalar', types: ['text'], words: allowed });

const texts = list(text);
const textOrList = either(text, texts);
const mapping = either(names(single), list(single));
const command = either(text, list(single));
const options = names(single);
const limits = map({
  cpus: textOrNumber,
  memory: textOrNumber,
  pids: textOrNumber,
  devices: any,
  generic_resources: any,
});
const external = either(truth, map({ name: text }));
const ulimits = names(either(textOrNumber, map({ soft: textOrNumber, hard: textOrNumber }, 'soft', 'hard')));
const grant = either(
  text,
  map({ source: text, target: text, uid: textOrNumber, gid: textOrNumber, mode: textOrNumber }),
);
const hook = list(map({ command, user: text, privileged: truth, working_dir: text, environment: mapping }, 'command'));

const healthcheck = map({
  disable: truth,
  interval: text,
  retries: textOrNumber,
  test: command,
  timeout: text,
  start_period: text,
  start_interval: text,
});

const logging = map({ driver: text, options: names(single) });

const build = either(
  text,
  map({
    context: text,
    dockerfile: text,
    dockerfile_inline: text,
    entitlements: texts,
    args: mapping,
    ssh: either(mapping, text),
    labels: mapping,
    cache_from: texts,
    cache_to: texts,
    no_cache: truth,
    no_cache_filter: textOrList,
    additional_contexts: mapping,
    network: text,
    provenance: either(text, truth),
    sbom: either(text, truth),
    pull: truth,
    target: text,
    shm_size: textOrNumber,
    extra_hosts: any,
    isolation: text,
    privileged: truth,
    secrets: list(grant),
    tags: texts,
    ulimits,
    platforms: texts,
  }),
);

const port = either(
  textOrNumber,
  map(
    {
      name: text,
      mode: text,
      host_ip: text,
      target: textOrNumber,
      published: textOrNumber,
      protocol: text,
      app_protocol: text,
    },
    'target',
  ),
);

const mount = either(
  text,
  map(
    {
      type: words('bind', 'volume', 'tmpfs', 'cluster', 'npipe', 'image'),
      source: text,
      target: text,
      read_only: truth,
      consistency: text,
      bind: map({
        propagation: text,
        create_host_path: truth,
        recursive: words('enabled', 'disabled', 'writable', 'readonly'),
        selinux: words('z', 'Z'),
      }),
      volume: map({ nocopy: truth, subpath: text, labels: mapping }),
      tmpfs: map({ size: textOrNumber, mode: textOrNumber }),
      image: map({ subpath: text }),
    },
    'type',
  ),
);

const deploy = map({
  mode: text,
  endpoint_mode: text,
  replicas: textOrNumber,
  labels: mapping,
  rollback_config: any,
  update_config: any,
  resources: map({ limits, reservations: limits }),
  restart_policy: map({ condition: text, delay: text, max_attempts: textOrNumber, window: text }),
  placement: any,
});

const attachment = map({
  aliases: texts,
  interface_name: text,
  ipv4_address: text,
  ipv6_address: text,
  link_local_ips: texts,
  mac_address: text,
  driver_opts: options,
  priority: number,
  gw_priority: number,
});

const dependency = map({
  condition: words('service_started', 'service_healthy', 'service_completed_successfully'),
  restart: truth,
  required: truth,
});

const service = map({
  annotations: mapping,
  attach: truth,
  blkio_config: any,
  build,
  cap_add: texts,
  cap_drop: texts,
  cgroup: words('host', 'private'),
  cgroup_parent: text,
  command,
  configs: list(grant),
  container_name: text,
  cpu_count: textOrNumber,
  cpu_percent: textOrNumber,
  cpu_period: textOrNumber,
  cpu_quota: textOrNumber,
  cpu_rt_period: textOrNumber,
  cpu_rt_runtime: textOrNumber,
  cpu_shares: textOrNumber,
  cpus: textOrNumber,
  cpuset: textOrNumber,
  credential_spec: any,
  depends_on: either(texts, names(dependency)),
  deploy,
  develop: any,
  device_cgroup_rules: texts,
  devices: list(either(text, map({ source: text, target: text, permissions: text }, 'source'))),
  dns: textOrList,
  dns_opt: textOrList,
  dns_search: textOrList,
  domainname: text,
  entrypoint: command,
  env_file: either(text, list(either(text, map({ path: text, required: truth, format: text }, 'path')))),
  environment: mapping,
  expose: list(textOrNumber),
  extends: either(text, map({ service: text, file: text }, 'service')),
  external_links: texts,
  extra_hosts: any,
  gpus: any,
  group_add: list(textOrNumber),
  healthcheck,
  hostname: text,
  image: text,
  init: truth,
  ipc: text,
  isolation: text,
  label_file: textOrList,
  labels: mapping,
  links: texts,
  logging,
  mac_address: text,
  mem_limit: textOrNumber,
  mem_reservation: textOrNumber,
  mem_swappiness: textOrNumber,
  memswap_limit: textOrNumber,
  models: any,
  network_mode: text,
  networks: either(texts, names(attachment)),
  oom_kill_disable: truth,
  oom_score_adj: textOrNumber,
  pid: text,
  pids_limit: textOrNumber,
  platform: text,
  ports: list(port),
  post_start: hook,
  pre_stop: hook,
  privileged: truth,
  profiles: texts,
  provider: any,
  pull_policy: text,
  pull_refresh_after: text,
  read_only: truth,
  restart: text,
  runtime: text,
  scale: textOrNumber,
  secrets: list(grant),
  security_opt: texts,
  shm_size: textOrNumber,
  stdin_open: truth,
  stop_grace_period: text,
  stop_signal: text,
  storage_opt: any,
  sysctls: mapping,
  tmpfs: textOrList,
  tty: truth,
  ulimits,
  use_api_socket: truth,
  user: text,
  userns_mode: text,
  uts: text,
  volumes: list(mount),
  volumes_from: texts,
  working_dir: text,
});

const network = map({
  name: text,
  driver: text,
  driver_opts: options,
  ipam: map({ driver: text, config: list(any), options }),
  external,
  internal: truth,
  enable_ipv4: truth,
  enable_ipv6: truth,
  attachable: truth,
  labels: mapping,
});

const volume = map({ name: text, driver: text, driver_opts: options, external, labels: mapping });

const fileSource = map({
  name: text,
  content: text,
  environment: text,
  file: text,
  external,
  labels: mapping,
  driver: text,
  driver_opts: options,
  template_driver: text,
});

/** A whole Compose file. */
export const composeFile: Shape = map({
  version: textOrNumber,
  name: text,
  include: list(either(text, map({ path: textOrList, env_file: textOrList, project_directory: text }))),
  services: names(service),
  networks: names(network),
  volumes: names(volume),
  secrets: names(fileSource),
  configs: names(fileSource),
  models: any,
});
