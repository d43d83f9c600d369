import type { ReachTry } from '../../contracts/evidence.ts';
import type { Container } from './container.ts';
import { error } from './errors.ts';
import { type Host } from './host.ts';
import type { Attempt } from './reachability.ts';

/** Milliseconds for all tries of one service together; each has three seconds, and they run side by side. */
const ALL = 60_000;

/**
 * The program that tries connections, for the shells of Debian and of Alpine. Reads lines of a number, an address and a port,
 * and prints for each the number, an exit code and what was said. It sends nothing over a connection that opens.
 */
const program = String.raw`
if command -v bash >/dev/null 2>&1 && command -v timeout >/dev/null 2>&1; then
  one() { timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2"; }
elif command -v python3 >/dev/null 2>&1; then
  one() { python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)' "$1" "$2"; }
elif command -v nc >/dev/null 2>&1; then
  one() { nc -z -v -w 3 "$1" "$2" </dev/null; }
else
  exit 127
fi
while read -r number address port; do
  {
    said=$(one "$address" "$port" 2>&1)
    code=$?
    printf '%s %s %s\n' "$number" "$code" "$(printf %s "$said" | tr '\n' ' ')"
  } &
done
wait
`;

/** What an exit code and the words of a shell, of Python or of nc say of a connection. */
export const outcomeOf = (code: number, said: string): ReachTry['outcome'] => {
  if (code === 0) return 'open';
  if (/refused/i.test(said)) return 'refused';
  if (/unreachable|no route/i.test(said)) return 'unreachable';
  // 124 is what timeout(1) ends with.
  return code === 124 || /timed? ?out/i.test(said) || said.trim() === '' ? 'silent' : 'unknown';
};

/** Reads what the program printed; a try of which it printed nothing is unknown. */
export const readTries = (
  attempts: readonly Attempt[],
  output: string,
): readonly (ReachTry & { readonly to: string })[] => {
  const answers = new Map(
    [...output.matchAll(/^(\d+) (\d+) (.*)$/gm)].map(([, index, code, said = '']) => [
      Number(index),
      outcomeOf(Number(code), said),
    ]),
  );
  return attempts.map((attempt, index) => ({ ...attempt, outcome: answers.get(index) ?? 'unknown' }));
};

/** The options of a container that may do nothing but connect, in a network of somebody else's or none. */
const confined = (network: string, image: string): readonly string[] => [
  ...'run --rm --interactive --pull never --user 65534:65534 --cap-drop ALL --read-only --log-driver none'.split(' '),
  ...'--security-opt no-new-privileges --memory 128m --pids-limit 2048 --network'.split(' '),
  network,
  '--entrypoint',
  '/bin/sh',
  image,
  '-c',
];

/**
 * Finds an image that can try connections: the one that was asked for, else the first of the project's that has a shell
 * and bash, python3 or nc. Images are not fetched.
 *
 * @throws `compose/no-probe-image`
 */
export const findProbeImage = async (host: Host, images: readonly string[], signal: AbortSignal): Promise<string> => {
  const tried = [...new Set(images)];
  for (const image of tried) {
    const { exitCode } = await host.engine.docker([...confined('none', image), program], {
      input: '',
      signal,
      timeout: host.bounds.question,
    });
    if (exitCode === 0) return image;
  }
  throw error('compose/no-probe-image', { tried });
};

/** Tries connections from inside the network of a running container, in a short-lived container of the probe image. */
export const tryConnections = async (
  host: Host,
  from: Container,
  image: string,
  attempts: readonly Attempt[],
  signal: AbortSignal,
): Promise<readonly (ReachTry & { readonly to: string })[]> => {
  if (attempts.length === 0) return [];
  const input = attempts.map(({ address, port }, index) => `${index} ${address} ${port}\n`).join('');
  const { stdout } = await host.engine.docker([...confined(`container:${from.id}`, image), program], {
    input,
    signal,
    timeout: ALL,
  });
  return readTries(attempts, stdout);
};
