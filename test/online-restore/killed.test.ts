import { setTimeout as sleep } from 'node:timers/promises';
import { Chance } from '../fixtures/chance.mjs';
import { describeEngine, type EngineName, offered } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';
import { onlineSuite } from './support/online-suite.js';

const { TEST_LONG, TEST_SEED } = process.env;
const SEED = Number(TEST_SEED || Date.now() % 2 ** 31);

const PHASES = ['plan', 'maintenance', 'point', 'restore', 'check', 'rollback'] as const;
/** The long run kills fifty on each engine. */
const KILLS = TEST_LONG ? 50 : PHASES.length;
const ROWS = 20_000;

const engines: readonly EngineName[] = ['postgres', 'better-sqlite3 (WAL)', 'better-sqlite3', 'mariadb', 'mysql'];

for (const name of everyday(offered(engines), 1)) {
  describeEngine('a restore of the running application that is killed', name, (engine) => {
    const place = onlineSuite(engine);

    it(`leaves the state before or the one after, and says which, ${KILLS} times (TEST_SEED=${SEED})`, async () => {
      const chance = new Chance(SEED);
      let host = await place().start();
      await place().put('old', ROWS);
      const backup = await host.ask<string>('store');
      const restored = await place().digest();
      const results: string[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        const phase = PHASES[kill % PHASES.length]!;
        await place().put(`new ${kill}`, ROWS);
        const before = await place().digest();
        place().is(phase === 'rollback' ? 'sick' : 'slow');
        host.phases.length = 0;
        if (phase === 'plan') void host.ask('plan', backup).catch(() => {});
        const last = (await host.last())?.id;
        const id = phase === 'plan' ? last : await host.ask<string>('start', backup);
        if (phase !== 'plan') await host.phase(phase);
        await sleep(chance.between(0, phase === 'plan' ? 50 : 400));
        await host.kill();
        host = await place().start();
        const state = id === undefined ? null : await host.over();
        const there = await place().digest();
        results.push(`${phase}: ${state?.result}`);
        if (phase === 'plan') {
          expect(there).toBe(before);
          continue;
        }
        expect(state!.id).toBe(id);
        const isNew = state!.result === 'restored' || state!.result === 'unchecked';
        expect([phase, state!.result, there]).toEqual([phase, state!.result, isNew ? restored : before]);
        expect((await host.note('served again')).status).toBe(201);
      }
      console.log(`${name}: ${results.join(', ')}`);
    }, 1_800_000);
  });
}
