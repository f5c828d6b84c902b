import { describeEngine, type EngineName, offered } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';
import { until } from '../fixtures/wait.js';
import type { OnlineHost } from './support/online-host.js';
import { onlineSuite, type Place } from './support/online-suite.js';

const engines: readonly EngineName[] = ['postgres', 'better-sqlite3 (WAL)', 'mariadb'];

/** Until the next start of a killed application has checked it. */
async function checked(host: OnlineHost, result: string, code?: string): Promise<void> {
  const isSo = async () => {
    const state = await host.last();
    return state?.result === result && state.error?.code === code;
  };
  await until(`the restore is ${result}, ${code ?? 'without an error'}`, isSo, 60_000);
}

/** Kills the application in that phase of a restore. @returns the digests before and after */
async function killIn(phase: string, place: Place): Promise<{ readonly before: string; readonly restored: string }> {
  const host = await place.start();
  await place.put('old');
  const backup = await host.ask<string>('store');
  const restored = await place.digest();
  // So many that going back to them takes a while.
  await place.put('new', 20_000);
  const before = await place.digest();
  await host.ask('start', backup);
  await host.phase(phase);
  await host.kill();
  return { before, restored };
}

for (const name of everyday(offered(engines), 1)) {
  describeEngine('a restore of the running application whose check is missing', name, (engine) => {
    const place = onlineSuite(engine);

    it('is checked by the next start, and is restored', async () => {
      place().is('slow');
      const { restored } = await killIn('check', place());
      await checked(await place().start(), 'restored');
      expect(await place().digest()).toBe(restored);
    }, 120_000);

    it('stays unchecked while the application is sick, until a start finds it well, or it is undone', async () => {
      place().is('sick');
      const { before, restored } = await killIn('rollback', place());
      let host = await place().start();
      await checked(host, 'unchecked', 'UNHEALTHY');
      expect(await place().digest()).toBe(restored);
      await host.kill();
      place().is('well');
      host = await place().start();
      await checked(host, 'restored');
      const { id, canUndo } = (await host.last())!;
      expect(canUndo).toBe(true);
      const undo = await host.ask<string>('undo', id);
      expect(await host.over()).toMatchObject({ id: undo, result: 'restored' });
      expect(await place().digest()).toBe(before);
    }, 120_000);
  });
}
