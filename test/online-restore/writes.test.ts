import { setTimeout as sleep } from 'node:timers/promises';
import { describeEngine, type EngineName, offered } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';
import { OnlineHost } from './support/online-host.js';
import { onlineSuite } from './support/online-suite.js';

/** How many writes are acknowledged beside a restore, at least. */
const WRITES = process.env.TEST_LONG ? 10_000 : 2_000;
const AT_ONCE = 4;

const engines: readonly EngineName[] = ['postgres', 'better-sqlite3', 'better-sqlite3 (WAL)', 'mariadb', 'mysql'];

/** Clients that write one note after another until they are told to stop. */
class Writers {
  readonly acknowledged: string[] = [];
  refused = 0;
  private isOver = false;
  private readonly working: Array<Promise<void>>;

  constructor(
    private readonly host: OnlineHost,
    name: string,
  ) {
    this.working = Array.from({ length: AT_ONCE }, (_, at) => this.write(`${name} ${at}`));
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.working);
  }

  private async write(name: string): Promise<void> {
    for (let number = 0; !this.isOver; number++) {
      const text = `${name} ${number}`;
      const answer = await this.host.note(text);
      if (answer.status === 201) this.acknowledged.push(text);
      else this.refused++;
      if (answer.status === 503) await sleep(20);
    }
  }
}

for (const name of everyday(offered(engines), 2)) {
  describeEngine('writes beside a restore', name, (engine) => {
    const place = onlineSuite(engine);

    it('loses none that was acknowledged: each is in the restore point or in the state after', async () => {
      const host = await place().start();
      // Nobody tells this one of the maintenance: only the database keeps its writes out.
      const deaf = await place().start({ restores: false });
      await place().put('old', 1_000);
      const backup = await host.ask<string>('store');
      const writers = [new Writers(host, 'told'), new Writers(deaf, 'deaf')];
      const acknowledged = () => writers.flatMap((one) => one.acknowledged);
      while (acknowledged().length < WRITES) await sleep(20);
      const state = await host.restore(backup);
      const during = acknowledged().length;
      await sleep(500);
      for (const one of writers) await one.stop();

      expect(state).toMatchObject({ result: 'restored', error: null });
      const point = (await place().read(state.point!.id)).of('note').map(({ fields }) => fields.text);
      const after = await place().texts();
      const kept = new Set([...point, ...after]);
      expect(acknowledged().filter((text) => !kept.has(text))).toEqual([]);
      // The restore has replaced what was in the point, and the application serves again.
      expect(after.filter((text) => text.startsWith('old'))).toHaveLength(1_000);
      expect(point.length).toBeGreaterThanOrEqual(WRITES);
      expect(acknowledged().length).toBeGreaterThan(during);
      expect(writers[0]!.refused).toBeGreaterThan(0);
    });
  });
}
