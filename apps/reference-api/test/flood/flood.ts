// Opens connections without end to a port of this host and holds them, as somebody does who wants a service to run out of them.
// A program of its own, so that the test that looks on is not slowed down. Arguments: port, connections, seconds, addresses, kind.
import { type Socket, connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

const [port = 0, wanted = 0, seconds = 0, addresses = 1] = process.argv.slice(2, 6).map(Number);
/** `silent` sends nothing, `half` sends half of a request over TLS. */
const kind = process.argv[6] === 'half' ? 'half' : 'silent';

/** Connections that are being opened at one time: the queue of the kernel is finite. */
const atOnce = 200;

/** What became of the connections; `most` were held at one time. */
const counts = { started: 0, opened: 0, most: 0, dropped: 0, secured: 0 };
let held = 0;
let opening = 0;

const settled = (): void => {
  opening -= 1;
  openMore();
};

const secure = (socket: Socket): void => {
  // What it talks to is not checked: the attacker does not care.
  const secured = connectTls({ socket, servername: 'localhost', rejectUnauthorized: false }, () => {
    counts.secured += 1;
    secured.write('GET /health HTTP/1.1\r\nHost: localhost\r\nX-Half: ');
  });
  secured.on('error', () => undefined);
};

const openOne = (): void => {
  const localAddress = `127.${100 + (counts.started % addresses)}.7.7`;
  counts.started += 1;
  opening += 1;
  let connected = false;
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  socket.on('error', () => undefined).resume();
  socket.once('connect', () => {
    connected = true;
    counts.opened += 1;
    held += 1;
    counts.most = Math.max(counts.most, held);
    if (kind === 'half') secure(socket);
    settled();
  });
  socket.once('close', () => {
    if (connected) held -= 1;
    if (connected) counts.dropped += 1;
    else settled();
  });
};

function openMore(): void {
  for (let free = atOnce - opening; free > 0 && counts.started < wanted; free--) openOne();
}

openMore();
setTimeout(() => {
  process.stdout.write(`${JSON.stringify(counts)}\n`);
  process.exit(0);
}, seconds * 1_000);
