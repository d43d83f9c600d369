// Runs inside of one network namespace: listens on ports, or tries to connect to targets and prints which answered.
import { connect, createServer } from 'node:net';

const attempt = ([host, port]: readonly [host: string, port: number]): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const settle = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('data', () => settle(true));
    for (const event of ['error', 'timeout', 'close']) socket.once(event, () => settle(false));
  });

const [mode, argument = '[]'] = process.argv.slice(2);

if (mode === 'listen') {
  const ports: readonly number[] = JSON.parse(argument);
  let left = ports.length;
  for (const port of ports)
    createServer((socket) => socket.on('error', () => undefined).end('here\n')).listen({ port, host: '::' }, () => {
      left -= 1;
      if (left === 0) process.stdout.write('ready\n');
    });
  // Ends with who started it.
  process.stdin.on('end', () => process.exit(0)).resume();
} else {
  const targets: readonly (readonly [string, number])[] = JSON.parse(argument);
  process.stdout.write(JSON.stringify(await Promise.all(targets.map(attempt))));
}
