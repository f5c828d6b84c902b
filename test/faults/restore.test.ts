import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { BackupError, RestoreService } from 'nestjs-backup';
import type { DataSourceOptions } from 'typeorm';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { fillBulk } from '../fixtures/bulk.js';
import { describeEngine, type EngineName, offered, type TestDatabase } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';
import { hostEntities, seed } from '../fixtures/host-entities.js';
import { startAround } from '../fixtures/neighbours/around.js';
import type { StartedNeighbour } from '../fixtures/neighbours/index.js';
import { type Chance, sampled } from '../fixtures/streams.js';
import { Tally } from '../fixtures/tally.js';
import { until } from '../fixtures/wait.js';
import { Leftovers } from './leftovers.js';
import { Wire } from './wire.js';
import { writeMeanwhile } from './writers.js';

const ROUNDS = process.env.TEST_LONG ? 20 : 1;
const FILES = 12;
const WITHIN_MS = 20_000;

interface Scene {
  readonly wire: Wire | undefined;
  readonly chance: Chance;
  readonly target: BackupApp;
  readonly abort: () => void;
}

interface Fault {
  readonly name: string;
  readonly ofServers?: boolean;
  strike(scene: Scene): unknown;
}

const faults: readonly Fault[] = [
  { name: 'every connection to the server breaks', ofServers: true, strike: ({ wire }) => wire!.proxy.cut() },
  { name: 'the server ends every connection', ofServers: true, strike: ({ wire }) => wire!.endConnections() },
  {
    name: 'the server is away for a while',
    ofServers: true,
    strike: ({ wire, chance }) => wire!.away(chance.between(1, 300)),
  },
  { name: 'it is aborted', strike: ({ abort }) => abort() },
  {
    name: 'others write what it replaces, in another order',
    ofServers: true,
    strike: ({ target, chance }) => writeMeanwhile(target.dataSource, chance),
  },
];

const ENGINES: readonly EngineName[] = ['postgres', 'mariadb', 'mysql', 'better-sqlite3', 'better-sqlite3 (WAL)'];

describe.each(everyday(offered(ENGINES), 1))('A restore, when at a random moment', (name) => {
  describeEngine('', name, (engine) => {
    const tally = new Tally(`Restores under faults on ${name}`);
    let database: TestDatabase;
    let wire: Wire | undefined;
    let files: string;
    let target: BackupApp;
    let leftovers: Leftovers;
    let company: StartedNeighbour | undefined;
    let archives: Buffer[];
    let states: string[];
    const restores = () => target.get(RestoreService);
    /** What is there: rows by content, and files. Names of projects are what others write. */
    const state = async () => {
      const { lines } = await target.backUp();
      const rows = lines.filter(({ model }) => model !== 'project').map((line) => JSON.stringify(line));
      const digest = createHash('sha256').update(rows.toSorted().join('\n')).digest('hex');
      const found = readdirSync(files).filter((one) => !one.startsWith('.') && !one.startsWith('kept-by'));
      return `${rows.length} rows, ${digest}; ${found.toSorted().join(', ')}`;
    };

    beforeAll(async () => {
      database = await engine.create();
      files = mkdtempSync(join(tmpdir(), 'backup-faults-'));
      wire = await Wire.to(engine, database);
      // Of one connection, so that the pool holds as many at any time.
      const options = {
        ...database,
        options: { ...(wire?.options ?? database.options), poolSize: 1 } as DataSourceOptions,
      };
      target = await backupApp(options, { entities: hostEntities, synchronize: true }, { dataDirs: { files } });
      archives = [];
      states = [];
      for (const content of ['one', 'two']) {
        await seed(target.dataSource);
        await fillBulk(target.dataSource, 3);
        for (let i = 0; i < FILES; i++) writeFileSync(join(files, `${content} ${i}.jpg`), Buffer.alloc(100_000, i));
        archives.push(await buffer((await target.service.create()).stream));
        states.push(await state());
      }
      // SQLite keeps the handles of closed connections while the application's own holds a lock, for the next ones: as
      // many as a restore has open at a time.
      await restores().restore(Readable.from([archives[1]!]), { replace: true });
      await recover();
      company = await startAround({ engine, database, files });
      leftovers = await Leftovers.before(engine, database, files);
    });
    afterAll(async () => {
      await company?.end();
    });
    afterAll(async () => {
      await target.close();
      wire?.proxy.close();
      await database.drop();
      rmSync(files, { recursive: true, force: true });
    });

    it.each(
      faults.filter(({ ofServers }) => engine.family !== 'sqlite' || !ofServers).map((one) => [one.name, one] as const),
    )(
      '%s: the target is the old or the new, whole, and nothing is left behind',
      async (scenario, { strike }) => {
        await sampled(ROUNDS, async (chance) => {
          const which = chance.between(0, 1);
          const aborting = new AbortController();
          const took = await duration(() =>
            restores().restore(Readable.from([archives[1 - which]!]), { replace: true }),
          );
          const restoring = restores()
            .restore(Readable.from([archives[which]!]), { replace: true, signal: aborting.signal })
            .then(
              () => 'done' as const,
              (error: unknown) => error as Error & { code: string },
            );
          await sleep(chance.between(0, Math.ceil(took)));
          await strike({ wire, chance, target, abort: () => aborting.abort() });
          const outcome = await restoring;
          tally.add(outcome === 'done' ? 'done' : outcome.code, scenario);
          expect(outcome === 'done' || outcome instanceof BackupError).toBe(true);
          // The pool may hold connections that were broken; the next restore recovers.
          await until('the database answers', () => answers(target), WITHIN_MS);
          await recover();
          const expected = states[outcome === 'done' ? which : await oldOrNew(outcome, which)];
          expect({ outcome, which, state: await state() }).toEqual({ outcome, which, state: expected });
          await leftovers.expectNone();
        });
      },
      ROUNDS * 120_000,
    );

    /** What the next start does. */
    const recover = () => until('it is recovered', () => recovered(target), WITHIN_MS);

    async function oldOrNew({ code }: { code: string }, which: number): Promise<number> {
      // Only then may it have happened all the same.
      return code === 'OUTCOME_UNKNOWN' && (await state()) === states[which] ? which : 1 - which;
    }
  });
});

async function duration(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function answers({ dataSource }: BackupApp): Promise<boolean> {
  return dataSource.query('SELECT 1').then(
    () => true,
    () => false,
  );
}

/** A restore that is refused has recovered first. */
async function recovered(target: BackupApp): Promise<boolean> {
  const own = await buffer((await target.service.create()).stream);
  const refused = await target
    .get(RestoreService)
    .restore(Readable.from([own]), { dryRun: true })
    .catch((error: unknown) => error);
  return (refused as { code?: string }).code === 'RESTORE_REFUSED';
}
