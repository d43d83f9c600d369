// A host with an engine, built of network namespaces; run inside `unshare -rnm`. Prints what each probe reached: before
// rules are loaded, with the table of nftables, with the script for iptables, and after that has removed its rules.
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';

/** One attempt to connect, from a namespace. */
interface Probe {
  readonly name: string;
  readonly from: string;
  readonly host: string;
  readonly port: number;
}

const [probesText = '[]', nftFile = '', scriptFile = ''] = process.argv.slice(2);
const probes: readonly Probe[] = JSON.parse(probesText);
const program = join(import.meta.dirname, 'probe.ts');

const run = (command: string, input = ''): string =>
  execFileSync('sh', ['-euc', command], { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'], timeout: 20_000 });

run(`
mount -t tmpfs tmpfs /run
mkdir -p /run/netns
ip link set lo up
for space in web other db peer lan; do ip netns add $space; ip -n $space link set lo up; done
ip link add pal-front type bridge
ip link add pal-store type bridge
ip link add pal-back type bridge
ip addr add 172.30.1.1/24 dev pal-front; ip addr add fd00:1::1/64 dev pal-front nodad
ip addr add 172.30.2.1/24 dev pal-store; ip addr add fd00:2::1/64 dev pal-store nodad
ip addr add 172.30.3.1/24 dev pal-back; ip addr add fd00:3::1/64 dev pal-back nodad
ip link set pal-front up; ip link set pal-store up; ip link set pal-back up
container() {
  ip link add v-$1 type veth peer name eth0 netns $1
  ip link set v-$1 master $2 up
  ip -n $1 addr add 172.30.$3/24 dev eth0; ip -n $1 addr add fd00:$4/64 dev eth0 nodad
  ip -n $1 link set eth0 up
  ip -n $1 route add default via 172.30.\${3%.*}.1; ip -n $1 -6 route add default via fd00:\${4%%::*}::1
}
container web pal-front 1.10 1::10
container other pal-back 3.10 3::10
container db pal-store 2.10 2::10
container peer pal-store 2.11 2::11
ip link add eth0 type veth peer name eth0 netns lan
ip addr add 192.0.2.1/24 dev eth0; ip addr add 2001:db8::1/64 dev eth0 nodad; ip link set eth0 up
ip -n lan addr add 192.0.2.9/24 dev eth0; ip -n lan addr add 2001:db8::9/64 dev eth0 nodad
ip -n lan addr add 169.254.169.254/32 dev eth0; ip -n lan link set eth0 up
ip -n lan route add default via 192.0.2.1; ip -n lan -6 route add default via 2001:db8::1
ip route add 169.254.169.254/32 via 192.0.2.9
# The neighbour sends what is for 127.0.0.1 over the wire.
ip -n lan addr del 127.0.0.1/8 dev lo
ip netns exec lan sysctl -qw net.ipv4.conf.all.route_localnet=1
ip -n lan route add 127.0.0.1/32 via 192.0.2.1
# An engine without its proxy, and others, let loopback addresses be routed.
sysctl -qw net.ipv4.conf.all.route_localnet=1 net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
`);

// What the engine writes for published ports: 443 is meant, 9000 is published by mistake, 8000 is for the host alone.
run(
  'nft -f -',
  `table inet engine {
  chain publish {
    type nat hook prerouting priority dstnat;
    fib daddr type local ip daddr != 127.0.0.0/8 tcp dport 443 dnat ip to 172.30.1.10:8443
    fib daddr type local ip daddr != 127.0.0.0/8 tcp dport 9000 dnat ip to 172.30.1.10:9000
    ip daddr 127.0.0.1 tcp dport 8000 dnat ip to 172.30.1.10:8000
    ip6 daddr 2001:db8::1 tcp dport 443 dnat ip6 to [fd00:1::10]:8443
  }
}
`,
);
run(
  `for t in iptables ip6tables; do $t -N DOCKER-USER; $t -A DOCKER-USER -j RETURN; $t -I FORWARD -j DOCKER-USER; done`,
);

const inside = (space: string, ...args: readonly string[]): readonly [file: string, args: readonly string[]] =>
  space === 'host'
    ? [process.execPath, [program, ...args]]
    : ['ip', ['netns', 'exec', space, process.execPath, program, ...args]];

const listeners: ChildProcess[] = [];
const listen = (space: string, ports: readonly number[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const [file, args] = inside(space, 'listen', JSON.stringify(ports));
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    listeners.push(child);
    child.stdout.once('data', () => resolve());
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`nothing listens in ${space}`)));
  });

const ask = (space: string, targets: readonly (readonly [string, number])[]): Promise<readonly boolean[]> =>
  new Promise((resolve, reject) => {
    const [file, args] = inside(space, 'connect', JSON.stringify(targets));
    execFile(file, args, { timeout: 20_000 }, (error, stdout) => (error ? reject(error) : resolve(JSON.parse(stdout))));
  });

const probe = async (): Promise<Readonly<Record<string, boolean>>> => {
  const answers = await Promise.all(
    [...Map.groupBy(probes, ({ from }) => from)].map(async ([space, own]) => {
      const reached = await ask(
        space,
        own.map(({ host, port }) => [host, port] as const),
      );
      return own.map(({ name }, index): [string, boolean] => [name, reached[index] === true]);
    }),
  );
  return Object.fromEntries(answers.flat());
};

try {
  // 9000 on every address of the host is what the engine's proxy does where it does not translate IPv6.
  await listen('host', [2222, 9000]);
  await listen('web', [8000, 8443, 9000]);
  await listen('other', [8000]);
  await listen('db', [5432]);
  await listen('lan', [80]);

  // New links take a second or two until IPv6 is served on them.
  let before = await probe();
  for (let left = 5; left > 0 && Object.values(before).includes(false); left -= 1) before = await probe();

  run(`nft -c -f ${nftFile}`);
  const engine = run('nft list table inet engine');
  run(`nft -f ${nftFile}`);
  const once = run('nft -s list ruleset');
  run(`nft -f ${nftFile}`);
  const twice = run('nft -s list ruleset');
  const nft = await probe();
  const untouched = run('nft list table inet engine') === engine;
  run(`nft delete table inet palisade_laboratory`);

  run(`sh ${scriptFile}`);
  const first = run('iptables-save; ip6tables-save').replaceAll(/^#.*$|\[\d+:\d+\]/gm, '');
  run(`sh ${scriptFile}`);
  const second = run('iptables-save; ip6tables-save').replaceAll(/^#.*$|\[\d+:\d+\]/gm, '');
  const iptables = await probe();
  run(`sh ${scriptFile} remove`);
  const removed = await probe();
  const left = run('iptables-save; ip6tables-save');

  process.stdout.write(
    JSON.stringify({
      before,
      nft,
      iptables,
      removed,
      sameTwice: { nft: once === twice, iptables: first === second },
      untouched,
      leftRules: left.split('\n').filter((line) => line.includes('PALISADE')),
    }),
  );
} finally {
  for (const child of listeners) child.stdin?.end();
}
