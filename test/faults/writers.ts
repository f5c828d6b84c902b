import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { Project } from '../fixtures/host-entities.js';
import type { Chance } from '../fixtures/streams.js';

/** Somebody of the application's writes, each time in a serializable transaction that locks rows one after the other. */
export async function writeMeanwhile(dataSource: DataSource, chance: Chance, times = 5): Promise<void> {
  for (let i = 0; i < times; i++) {
    const [one, other] = chance.of([
      [1, 2],
      [2, 1],
    ]);
    await dataSource
      .transaction('SERIALIZABLE', async (manager) => {
        await manager.update(Project, { id: one }, { name: `one ${chance.between(0, 9)}` });
        await sleep(chance.between(0, 10));
        await manager.update(Project, { id: other }, { name: `other ${chance.between(0, 9)}` });
      })
      .catch(() => {}); // It lost.
  }
}

/** Several of them, whose transactions fail at one another; over connections of their own. */
export async function writeAtOnce({ options }: DataSource, chance: Chance): Promise<void> {
  const own = await new DataSource({ ...options, synchronize: false } as DataSource['options']).initialize();
  await Promise.all([1, 2, 3].map(() => writeMeanwhile(own, chance, 2)));
  await own.destroy();
}
