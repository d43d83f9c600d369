import { elements, runScanner } from './scanner.ts';

/** Ports of an address that take a connection, found by connecting to each. */
export const openPorts = async (address: string, ports: readonly number[]): Promise<ReadonlySet<number>> => {
  const xml = await runScanner('nmap', ['-n', '-Pn', '-sT', '-p', [...new Set(ports)].join(','), '-oX', '-', address], {
    timeout: 120_000,
    answers: (code) => code === 0,
  });
  const numbers = elements(xml, 'port').map((port) => Number(port.get('portid')));
  const states = elements(xml, 'state').map((state) => state.get('state'));
  return new Set(numbers.filter((_port, index) => states[index] === 'open'));
};
