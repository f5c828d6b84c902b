import { constants, PerformanceObserver } from 'node:perf_hooks';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { AgeEncryptor } from '../../../lib/crypto/age/age-encryptor.js';
import { SegmentEncryptor } from '../../../lib/crypto/segment-cipher.js';
import { itUnless } from '../../fixtures/unless.js';

const MIB = 1024 * 1024;
const MEBIBYTES = 240;
/** Entries arrive some turns of the event loop after what they are about. */
const ARRIVED_AFTER_MS = 50;

/** Before Node 24, V8 collects by itself, more or less often. */
const onLaterNodes = itUnless(Number.parseInt(process.versions.v8, 10) >= 13 ? undefined : 'before Node 24');

describe('Memory of what is encrypted', () => {
  onLaterNodes.each([
    ['segments', 1, () => new SegmentEncryptor(Buffer.alloc(32))],
    // Each chunk once more, since they are put together.
    ['age', 2, () => new AgeEncryptor({ header: Buffer.alloc(0), fileKey: Buffer.alloc(16) } as never)],
  ])('is freed by short collections, of %s', async (_, made, encryptor) => {
    let collections = 0;
    const observer = new PerformanceObserver((list) => {
      const entries = list.getEntries() as unknown as ReadonlyArray<{ detail: { kind: number } }>;
      collections += entries.filter(({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MINOR).length;
    });
    observer.observe({ entryTypes: ['gc'] });
    await pipeline(
      function* () {
        const chunk = Buffer.alloc(MIB);
        for (let count = 0; count < MEBIBYTES; count++) yield chunk;
      },
      encryptor(),
      new Writable({ write: (_chunk, _encoding, done) => setImmediate(done) }),
    );
    await sleep(ARRIVED_AFTER_MS);
    observer.disconnect();
    // Otherwise there are hardly any.
    expect(collections).toBeGreaterThan(((made * MEBIBYTES) / 32) * 0.75);
  });
});
