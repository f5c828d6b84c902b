import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { BackupError } from 'nestjs-backup';
import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { fillBulk } from '../fixtures/bulk.js';
import { hostEntities, seed } from '../fixtures/host-entities.js';
import { PostgresServer } from '../fixtures/postgres-server.mjs';
import { PostgresStandby } from '../fixtures/postgres-standby.mjs';
import { type Chance, sampled } from '../fixtures/streams.js';
import { Tally } from '../fixtures/tally.js';
import { describeUnless, onlyInLongRuns } from '../fixtures/unless.js';
import { until } from '../fixtures/wait.js';
import { verify } from './verify.js';

const ROUNDS = 20;
const STARTS_WITHIN_MS = 60_000;
const MEGABYTES = 24;

/** The one serialization failure (SQLSTATE 40001) that a backup on PostgreSQL can meet. */
describeUnless(
  onlyInLongRuns,
  'A backup of a PostgreSQL standby, when rows that it still reads are vacuumed away',
  () => {
    const tally = new Tally('Backups of a standby with conflicts');
    let primary: PostgresServer;
    let standby: PostgresStandby;
    let writer: DataSource;
    let asker: pg.Client;
    let app: BackupApp;
    beforeAll(async () => {
      primary = await PostgresServer.start();
      standby = await PostgresStandby.of(primary);
      const options = { type: 'postgres', entities: hostEntities } as const;
      writer = await new DataSource({ ...options, url: primary.url, synchronize: true }).initialize();
      await seed(writer);
      await fillBulk(writer, MEGABYTES);
      asker = new pg.Client({ connectionString: standby.url });
      await asker.connect();
      const replayed = async () => {
        const { rows } = await asker.query(`SELECT to_regclass('project') IS NOT NULL AS there`);
        return rows[0].there && (await asker.query('SELECT count(*)::int AS n FROM bulk')).rows[0].n > 1_400;
      };
      await until('it is replayed', replayed, STARTS_WITHIN_MS);
      app = await backupApp(
        { options: { type: 'postgres', url: standby.url } as DataSourceOptions },
        { entities: hostEntities },
      );
    }, 2 * STARTS_WITHIN_MS);
    afterAll(async () => {
      await app.close();
      await asker.end();
      await writer.destroy();
      await standby.stop();
      await primary.stop();
    }, STARTS_WITHIN_MS);

    /** Reads that far, and goes on when the standby has been told. */
    async function read(stream: Readable, at: number, strike: () => Promise<unknown>): Promise<Buffer | Error> {
      const chunks: Buffer[] = [];
      let arrived = 0;
      let struck: Promise<unknown> | undefined;
      stream.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        arrived += chunk.length;
        if (arrived < at || struck) return;
        stream.pause();
        struck = strike().finally(() => stream.resume());
      });
      return once(stream, 'end').then(
        () => Buffer.concat(chunks),
        (error: Error) => error,
      );
    }

    async function vacuumRows(chance: Chance): Promise<void> {
      await writer.query('UPDATE bulk SET noise = reverse(noise) WHERE id % 7 = 0');
      await writer.query('VACUUM bulk');
      await sleep(chance.between(0, 300));
    }

    it(
      'ends whole or visibly broken, and leaves nothing behind',
      async () => {
        let broken = 0;
        await sampled(ROUNDS, async (chance) => {
          const { stream } = await app.service.create();
          const ending = await read(stream, chance.between(0, MEGABYTES * 500_000), () => vacuumRows(chance));
          if (ending instanceof Error) {
            broken++;
            expect(ending).toBeInstanceOf(BackupError);
            tally.add(`${(ending as BackupError).code} (${(ending.cause as { code?: string } | undefined)?.code})`);
          } else {
            tally.add('whole');
            await verify(ending);
          }
          const left = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'nestjs-backup'`;
          await until('nothing is left', async () => (await asker.query(left)).rows[0].n === 0, 8_000);
        });
        expect(broken).toBeGreaterThan(0);
      },
      ROUNDS * STARTS_WITHIN_MS,
    );
  },
);
