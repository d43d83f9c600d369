// A process of its own that writes a log until it is killed, and says on standard output which records were acknowledged:
// their number and hash, one a line. `writer.ts DIRECTORY [SEGMENT-BYTES]`
import { writeSync } from 'node:fs';
import { openAuditLog } from '../src/index.ts';
import { anEvent } from './logs.ts';

const [directory = '', segmentBytes = '40000'] = process.argv.slice(2);
const log = await openAuditLog({ directory, segmentBytes: Number(segmentBytes) });
// Several at once, so that batches of many sizes are cut.
await Promise.all(
  Array.from({ length: 20 }, async (_, index) => {
    for (let number = 0; ; number += 1) {
      const { seq, hash } = await log.append(anEvent(`${index}-${number}`));
      writeSync(1, `${seq} ${hash}\n`);
    }
  }),
);
