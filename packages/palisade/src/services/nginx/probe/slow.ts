import { connect } from 'node:net';
import type { Endpoint } from '../../../contracts/runtime.ts';

/** Milliseconds that half a request is held; a bound of ten seconds ends before. */
const patience = 12_000;

/** True where the server ends a connection on which a request is begun and never finished. */
export const cutsOff = (endpoint: Endpoint, host: string, signal: AbortSignal): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const socket = connect({ ...endpoint, signal });
    const timer = setTimeout(() => {
      socket.destroy();
      resolve(false);
    }, patience);
    let isConnected = false;
    socket.once('connect', () => {
      isConnected = true;
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n`);
    });
    socket.once('error', (thrown) => {
      clearTimeout(timer);
      if (signal.aborted || !isConnected) reject(thrown);
      else resolve(true);
    });
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(true);
    });
    socket.resume();
  });
