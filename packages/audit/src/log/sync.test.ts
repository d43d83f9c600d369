import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { aDirectory, allLines, anEvent } from '../../test/logs.ts';
import { openAuditLog, verifyAuditLog } from '../index.ts';

/** What every open file inherits from; a kill leaves what the kernel has, so only here it shows whether the disk was waited for. */
const handles = async (directory: string): Promise<{ datasync: () => Promise<void> }> => {
  const handle = await open(join(directory, 'probe'), 'w');
  await handle.close();
  return Object.getPrototypeOf(handle);
};

/** Has fdatasync do what the test says from now on. */
const replaceSync = async (
  context: TestContext,
  directory: string,
  act: (real: () => Promise<void>) => Promise<void>,
) => {
  const prototype = await handles(directory);
  const { datasync } = prototype;
  return context.mock.method(prototype, 'datasync', function (this: unknown) {
    return act(() => Reflect.apply(datasync, this, []));
  });
};

test('an append is acknowledged after fdatasync and not before; what comes meanwhile shares the next one', async (context) => {
  const directory = aDirectory(context);
  const log = await openAuditLog({ directory });
  const [reached, opened] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const sync = await replaceSync(context, aDirectory(context), async (real) => {
    reached.resolve();
    await opened.promise;
    await real();
  });
  let acknowledged = 0;
  const append = async (): Promise<void> => {
    await log.append(anEvent('1'));
    acknowledged += 1;
  };
  const first = append();
  await reached.promise;
  const more = Array.from({ length: 50 }, append);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(acknowledged, 0);
  assert.equal((await allLines(directory)).length, 3, 'it was written, and not yet on the disk');
  opened.resolve();
  await Promise.all([first, ...more]);
  assert.equal(sync.mock.callCount(), 2);
  sync.mock.restore();
  await log.close();
});

test('what several callbacks of one turn of the event loop append shares one fdatasync', async (context) => {
  const log = await openAuditLog({ directory: aDirectory(context) });
  const sync = await replaceSync(context, aDirectory(context), (real) => real());
  // Each of them is a callback of its own, as the data of several sockets is; promises are settled between them.
  await Promise.all(
    Array.from(
      { length: 20 },
      (_, index) =>
        new Promise((resolve, reject) => {
          setImmediate(() => void log.append(anEvent(String(index))).then(resolve, reject));
        }),
    ),
  );
  assert.equal(sync.mock.callCount(), 1);
  sync.mock.restore();
  await log.close();
});

test('a failed fdatasync acknowledges nothing, and the log goes on soundly', async (context) => {
  const directory = aDirectory(context);
  const log = await openAuditLog({ directory });
  const kept = await log.append(anEvent('kept'));
  const sync = await replaceSync(context, aDirectory(context), () =>
    Promise.reject(Object.assign(new Error('input/output error'), { code: 'EIO' })),
  );
  const refused = await Promise.allSettled([log.append(anEvent('a')), log.append(anEvent('b'))]);
  for (const outcome of refused)
    assert.match(
      outcome.status === 'rejected' ? String(outcome.reason) : 'acknowledged',
      /could not be written \(EIO\)/,
    );
  sync.mock.restore();
  const next = await log.append(anEvent('next'));
  await log.close();
  assert.ok(next.seq > kept.seq);
  assert.deepEqual((await verifyAuditLog(directory)).findings, []);
});
