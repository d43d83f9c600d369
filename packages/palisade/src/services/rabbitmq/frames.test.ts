import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assert as holds, nat, property, uint8Array } from 'fast-check';
import { encodeMethod, longText, readFrame, readLongText, shortText } from './frames.ts';

describe('frames of AMQP 0-9-1', () => {
  it('come back as they were written, however they are cut', () => {
    holds(
      property(
        nat(65_535),
        nat(65_535),
        nat(65_535),
        uint8Array({ maxLength: 200 }),
        (channel, classId, methodId, bytes) => {
          const method = { channel, classId, methodId, args: Buffer.from(bytes) };
          const frame = encodeMethod(method);
          for (let length = 0; length < frame.length; length++)
            assert.equal(readFrame(frame.subarray(0, length)), undefined);
          assert.deepEqual(readFrame(Buffer.concat([frame, Buffer.from([1])])), { method, end: frame.length });
        },
      ),
      { numRuns: 50 },
    );
  });

  it('are told from what is none', () => {
    const wrong = encodeMethod({ channel: 0, classId: 10, methodId: 10, args: shortText('x') });
    wrong[wrong.length - 1] = 0;
    const cases = [
      Buffer.from('HTTP/1.1 400 Bad Request\r\n'),
      Buffer.from([0x15, 3, 3, 0, 2, 2, 40]),
      Buffer.from('AMQP\u0000\u0001\u0000\u0000', 'latin1'),
      Buffer.from([1, 0, 0, 0xff, 0xff, 0xff, 0xff]),
      Buffer.from([1, 0, 0, 0, 0, 0, 1, 0, 0xce]),
      wrong,
    ];
    for (const bytes of cases)
      assert.throws(() => readFrame(bytes), { code: 'rabbitmq/protocol' }, bytes.toString('hex'));
  });

  it('may be heartbeats, which are no methods', () => {
    assert.deepEqual(readFrame(Buffer.from([8, 0, 0, 0, 0, 0, 0, 0xce])), { method: undefined, end: 8 });
  });

  it('hold texts with their lengths, which are not believed', () => {
    assert.deepEqual(readLongText(Buffer.concat([Buffer.from([7]), longText('PLAIN')]), 1), { text: 'PLAIN', end: 10 });
    for (const bytes of [Buffer.from([0, 0]), Buffer.from([0, 0, 0, 9, 65])])
      assert.throws(() => readLongText(bytes, 0), { code: 'rabbitmq/protocol' });
  });
});
