import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import type { Engine } from '../../fixtures/databases.js';
import { anyAccount, ITEMS, refillChurn } from './money.js';

type Work = (runner: QueryRunner) => Promise<void>;

/** PostgreSQL's and MariaDB's word for having waited long enough. */
const LOCK_TIMEOUT = new Set<unknown>(['55P03', 'ER_LOCK_WAIT_TIMEOUT']);
const PAUSE_MS = 2;
/** PostgreSQL counts a table's dropped columns for good, up to 1 600. */
const ALTER_PAUSE_MS = 50;

/** What an application does all the time: through its own pool or, on SQLite, its one connection. */
export class MoneyLoad {
  readonly tally = { moves: 0, parcelsIn: 0, parcelsOut: 0, reads: 0, truncates: 0, alters: 0, timeouts: 0 };
  /** The longest of them, other than TRUNCATE and ALTER, in milliseconds. */
  slowest = 0;
  private altered = false;
  private stopped = false;
  private readonly workers: Promise<void>[];

  constructor(
    private readonly engine: Engine,
    private readonly dataSource: DataSource,
  ) {
    const { move, read, parcel, truncate, alter } = this;
    const shared = engine.family === 'sqlite';
    // One connection does one thing after the other.
    const crews: Work[][] = shared
      ? [[move, read, parcel, move, truncate, parcel, alter]]
      : [[move], [move], [read], [parcel], [truncate], [alter]];
    this.workers = crews.map((crew) => this.keepDoing(crew));
    for (const worker of this.workers) worker.catch(() => {});
  }

  /** Tells, when it is called, whether it has inserted, updated, deleted and read since now. */
  getsOn(): () => boolean {
    const { moves, parcelsIn, parcelsOut, reads } = this.tally;
    const { tally } = this;
    return () =>
      tally.moves > moves + 2 &&
      tally.parcelsIn > parcelsIn + 2 &&
      tally.parcelsOut > parcelsOut &&
      tally.reads > reads;
  }

  /** @throws what one of its statements threw */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.workers);
  }

  private async keepDoing(crew: readonly Work[]): Promise<void> {
    const runner = this.dataSource.createQueryRunner();
    try {
      if (this.engine.family === 'postgres') await runner.query(`SET lock_timeout = '1s'`);
      if (this.engine.family === 'mysql') await runner.query('SET SESSION lock_wait_timeout = 1');
      for (let turn = 0; !this.stopped; turn++) {
        const work = crew[turn % crew.length]!;
        const start = performance.now();
        await work(runner);
        if (work !== this.truncate && work !== this.alter) {
          this.slowest = Math.max(this.slowest, performance.now() - start);
        }
        await sleep(crew.length === 1 && work === this.alter ? ALTER_PAUSE_MS : PAUSE_MS);
      }
    } finally {
      await runner.release();
    }
  }

  private readonly move: Work = async (runner) => {
    const amount = Math.floor(Math.random() * 100);
    await runner.startTransaction();
    await runner.query(`UPDATE account SET balance = balance - ${amount} WHERE id = ${anyAccount()}`);
    await sleep(1);
    await runner.query(`UPDATE vault SET balance = balance + ${amount} WHERE id = ${anyAccount()}`);
    await runner.commitTransaction();
    this.tally.moves++;
  };

  private readonly read: Work = async (runner) => {
    await runner.query('SELECT count(*) FROM parcel');
    this.tally.reads++;
  };

  /** Three come, one of them is taken back before anybody saw it, and an old one goes. */
  private readonly parcel: Work = async (runner) => {
    for (const keeps of [true, false, true]) {
      await runner.startTransaction();
      await runner.query(`INSERT INTO parcel (note) VALUES ('new')`);
      const [{ id }] = await runner.query('SELECT max(id) AS id FROM parcel');
      for (let item = 0; item < ITEMS; item++) await runner.query(`INSERT INTO item (parcel) VALUES (${id})`);
      await (keeps ? runner.commitTransaction() : runner.rollbackTransaction());
      if (keeps) this.tally.parcelsIn++;
    }
    const [{ id }] = await runner.query('SELECT min(id) AS id FROM parcel');
    await runner.startTransaction();
    await runner.query(`DELETE FROM item WHERE parcel = ${id}`);
    await runner.query(`DELETE FROM parcel WHERE id = ${id}`);
    await runner.commitTransaction();
    this.tally.parcelsOut++;
  };

  /** In one transaction where the engine has that; else a row tells that the table is empty for good reason. */
  private readonly truncate: Work = async (runner) => {
    const transactional = this.engine.family !== 'mysql';
    const say = async (empty: 0 | 1) => {
      if (!transactional) await runner.query(`UPDATE churning SET now_empty = ${empty}`);
    };
    await say(1);
    if (transactional) await runner.startTransaction();
    const emptied = await this.patiently(
      runner,
      this.engine.family === 'sqlite' ? 'DELETE FROM churn' : 'TRUNCATE TABLE churn',
    );
    if (emptied) await runner.query(refillChurn());
    if (runner.isTransactionActive) await (emptied ? runner.commitTransaction() : runner.rollbackTransaction());
    await say(0);
    if (emptied) this.tally.truncates++;
  };

  private readonly alter: Work = async (runner) => {
    const change = this.altered ? 'DROP COLUMN extra' : 'ADD COLUMN extra int DEFAULT 7';
    if (!(await this.patiently(runner, `ALTER TABLE shape ${change}`))) return;
    this.altered = !this.altered;
    this.tally.alters++;
  };

  /** @returns whether it was done before its own lock timeout */
  private async patiently(runner: QueryRunner, sql: string): Promise<boolean> {
    try {
      await runner.query(sql);
      return true;
    } catch (error) {
      if (!LOCK_TIMEOUT.has((error as { code?: unknown }).code)) throw error;
      this.tally.timeouts++;
      return false;
    }
  }
}
