import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { fillBulk } from '../fixtures/bulk.js';
import { describeEngine, type EngineName, offered, type TestDatabase } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';
import { Host } from '../fixtures/host.js';
import { seed } from '../fixtures/host-entities.js';
import { unprivileged as asNobody, NOBODY } from '../fixtures/mounts.js';
import { startAround } from '../fixtures/neighbours/around.js';
import type { StartedNeighbour } from '../fixtures/neighbours/index.js';
import { sampled } from '../fixtures/streams.js';
import { Tally } from '../fixtures/tally.js';
import { backupFaults, IDLE_MS } from './backup-faults.js';
import { Leftovers } from './leftovers.js';
import { verify } from './verify.js';
import { Wire } from './wire.js';

const ROUNDS = process.env.TEST_LONG ? 20 : 1;
const FILES = 12;
/** How long a lock may outlive a client that the server has to notice. */
const WITHIN_MS = 8_000;

const ENGINES: readonly EngineName[] = ['postgres', 'mariadb', 'mysql', 'better-sqlite3', 'better-sqlite3 (WAL)'];
/** Of each engine, for the everyday run. */
const FAULTS = 6;

describe.each(everyday(offered(ENGINES), 2))('A backup, when at a random moment', (name) => {
  describeEngine('', name, (engine) => {
    const tally = new Tally(`Backups under faults on ${name}`);
    let database: TestDatabase;
    let wire: Wire | undefined;
    let host: Host;
    let leftovers: Leftovers;
    let company: StartedNeighbour | undefined;
    /** Of an undisturbed archive. */
    let whole: { bytes: number; rows: number };
    beforeAll(async () => {
      database = await engine.create();
      wire = await Wire.to(engine, database);
      const options = wire?.options ?? database.options;
      host = await Host.start('Express', { database: options, options: { compressionLevel: 0, idleTimeout: IDLE_MS } });
      await seed(host.dataSource);
      await fillBulk(host.dataSource, 6);
      plantFiles(host);
      const { bytes } = await host.post();
      whole = { bytes: bytes.length, rows: (await verify(bytes)).rows };
      company = await startAround({ engine, database, files: host.dataDir });
      leftovers = await Leftovers.before(engine, database, host.dataDir);
    });
    afterAll(async () => {
      await company?.end();
    });
    afterAll(async () => {
      await host.close();
      wire?.proxy.close();
      await database.drop();
    });

    const faults = backupFaults.filter(({ ofServers, unprivileged, lasts }) => {
      const fits = engine.family !== 'sqlite' || !(ofServers || unprivileged);
      return fits && (!lasts || process.env.TEST_LONG);
    });
    it.each(everyday(faults, FAULTS).map((fault) => [fault.name, fault] as const))(
      '%s: it ends whole or visibly broken, and leaves nothing behind',
      async (scenario, { strike, mayBeIncomplete = false, unprivileged = false }) => {
        await sampled(ROUNDS, async (chance) => {
          plantFiles(host);
          const file = join(host.dataDir, 'many', `${chance.between(0, FILES - 1)}.jpg`);
          const { dataSource } = host;
          const make = () =>
            backUp(host, chance.between(0, whole.bytes), (response) =>
              strike({ wire, chance, dataSource, file, response }),
            );
          const bytes = await (unprivileged ? asNobody(make) : make());
          tally.add(bytes ? 'whole' : 'visibly broken', scenario);
          if (bytes) {
            const { rows, complete } = await verify(bytes);
            expect(rows).toBe(whole.rows);
            expect(complete || mayBeIncomplete).toBe(true);
          }
          await host.unlocked(WITHIN_MS);
          await leftovers.expectNone();
        });
      },
      ROUNDS * 120_000,
    );
  });
});

/** They belong to a user without privileges, who may read them. */
function plantFiles({ dataDir }: Host): void {
  const folder = join(dataDir, 'many');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const files = Array.from({ length: FILES }, (_, index) => join(folder, `${index}.jpg`));
  for (const [index, file] of files.entries()) writeFileSync(file, Buffer.alloc(200_000, index));
  chmodSync(dataDir, 0o755);
  if (process.getuid?.() === 0) for (const file of files) chownSync(file, NOBODY, NOBODY);
}

/** Makes a backup and strikes when `at` bytes have arrived. @returns the archive if it ended cleanly */
async function backUp(
  host: Host,
  at: number,
  strike: (response: IncomingMessage) => unknown,
): Promise<Buffer | undefined> {
  const response = await host.open();
  expect(response.statusCode).toBe(200);
  const chunks: Buffer[] = [];
  let arrived = 0;
  let struck: Promise<unknown> | undefined;
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    arrived += chunk.length;
    if (arrived >= at) struck ??= Promise.resolve(strike(response));
  });
  response.on('error', () => {});
  if (!response.closed) await once(response, 'close').catch(() => {});
  await struck;
  return response.complete ? Buffer.concat(chunks) : undefined;
}
