import type { ServiceStatus } from '../../contracts/runtime.ts';
import { isOutdated } from './configuration.ts';
import { type Host, runnableOf } from './host.ts';
import { isRunning } from './processes.ts';
import { readState } from './state.ts';

/** What `status` adds about a service that would be started otherwise by now. */
const outdated = {
  outdated: true,
  detail: 'its configuration has changed since it was started; palisade up restarts it with the new one',
} as const;

/** What is known of a service: from the record of what runs, the processes that are there, and the stack as it is now. */
export const statusOf = (host: Host, stateDirectory: string, service: string): ServiceStatus => {
  const state = readState(stateDirectory);
  const found = runnableOf(host, service);
  const reason = 'reason' in found ? found.reason : state?.leftOut[service];
  if (reason !== undefined) return { service, state: 'left-out', detail: reason, endpoints: [] };
  const record = state?.processes[service];
  const failure = state?.failures[service];
  if (record === undefined)
    return failure === undefined
      ? { service, state: 'stopped', endpoints: [] }
      : { service, state: 'failed', detail: failure, endpoints: [] };
  if (!isRunning(record))
    return {
      service,
      state: 'failed',
      detail: `process ${record.pid} has ended by itself; see ${host.places.log(service)}`,
      endpoints: [],
    };
  if (record.phase === 'starting')
    return { service, state: 'stopped', detail: 'it is not ready yet', processId: record.pid, endpoints: [] };
  const declared = record.ports ?? ('reason' in found ? [] : found.process.ports(found.service, host.stack));
  const ports = state?.ports[service] ?? {};
  return {
    service,
    state: 'running',
    processId: record.pid,
    ...(isOutdated(host, service, record) ? outdated : {}),
    endpoints: declared.flatMap((containerPort) => {
      const port = ports[String(containerPort)];
      return port === undefined ? [] : [{ host: '127.0.0.1', port, containerPort }];
    }),
  };
};
