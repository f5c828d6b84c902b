import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryStorage } from '../../../lib/http/memory-storage.js';

describe('Counters in memory', () => {
  it('count each key by itself', async () => {
    const storage = new MemoryStorage();
    const hits = [];
    for (const key of ['a', 'a', 'b', 'a']) hits.push((await storage.increment(key, 60_000)).totalHits);
    expect(hits).toEqual([1, 2, 1, 3]);
  });

  it('begin anew when their time is over, and are forgotten then', async () => {
    const storage = new MemoryStorage();
    await storage.increment('a', 20);
    await storage.increment('b', 20);
    await sleep(30);
    expect(await storage.increment('a', 20)).toEqual({ totalHits: 1 });
    expect(storage.size).toBe(1);
  });

  it('are bounded, whatever comes', async () => {
    const storage = new MemoryStorage(100);
    for (let key = 0; key < 5_000; key++) await storage.increment(`${key}`, 60_000);
    expect(storage.size).toBe(100);
    expect(await storage.increment('4999', 60_000)).toEqual({ totalHits: 2 });
  });
});
