import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Probe, ProbeTarget } from '../contracts/service-kind.ts';
import type { Service } from '../contracts/stack.ts';
import { collectEvidence, evidenceFrom } from './evidence.ts';
import { aService, aStack } from './fixtures/posture.ts';

const stack = aStack([aService('a'), aService('b'), aService('asleep', 'unknown', false)]);
const target = (service: Service): ProbeTarget => ({ stack, service, endpoint: () => undefined });
const probe = (collect: Probe['collect']): Probe => ({ evidence: 'listeners', collect });
const bounds = { stack, target, concurrency: 2, timeout: 50 };

describe('collecting evidence', () => {
  it('keeps answers by service, and asks only active services', async () => {
    const asked: string[] = [];
    const evidence = await collectEvidence({
      ...bounds,
      signal: new AbortController().signal,
      probes: () => [
        probe(async ({ service }) => {
          asked.push(service.name);
          return { listeners: [{ address: service.name, port: 1, declared: true }] };
        }),
      ],
    });
    assert.deepEqual(asked.toSorted(), ['a', 'b']);
    const answer = evidence.of('listeners').get('b');
    assert.ok(answer?.known);
    assert.equal(answer.value.listeners[0]?.address, 'b');
  });

  it('makes an unknown of a probe that throws, with the reason, and goes on', async () => {
    const evidence = await collectEvidence({
      ...bounds,
      signal: new AbortController().signal,
      probes: () => [
        probe(async ({ service }) => {
          if (service.name === 'a') throw new Error('connection refused');
          return { listeners: [] };
        }),
      ],
    });
    assert.deepEqual(evidence.of('listeners').get('a'), { known: false, why: 'connection refused' });
    assert.equal(evidence.of('listeners').get('b')?.known, true);
  });

  it('makes an unknown of a probe that does not answer in time, and cancels it', async () => {
    const cancelled: string[] = [];
    const evidence = await collectEvidence({
      ...bounds,
      signal: new AbortController().signal,
      probes: () => [
        probe(
          ({ service }, signal) =>
            new Promise((_resolve, reject) => {
              signal.addEventListener('abort', () => {
                cancelled.push(service.name);
                reject(signal.reason);
              });
            }),
        ),
      ],
    });
    const answer = evidence.of('listeners').get('a');
    assert.ok(answer?.known === false);
    assert.match(answer.why, /50 ms|timeout/i);
    assert.deepEqual(cancelled.toSorted(), ['a', 'b']);
  });

  it('rejects where the whole is cancelled', async () => {
    const cancel = new AbortController();
    const collecting = collectEvidence({
      ...bounds,
      timeout: 10_000,
      signal: cancel.signal,
      probes: () => [probe(() => new Promise(() => undefined))],
    });
    cancel.abort(new Error('interrupted'));
    await assert.rejects(collecting, /interrupted/);
  });

  it('has no answers of a name that nobody collected', () => {
    assert.equal(evidenceFrom([]).of('listeners').size, 0);
  });
});
