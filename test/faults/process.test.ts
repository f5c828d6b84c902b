import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, EntitySchema } from 'typeorm';
import { connectionsTo } from '../fixtures/connections.js';
import { describeEngine, type EngineName, type TestDatabase } from '../fixtures/databases.js';
import { asSystem, body } from '../fixtures/host.js';
import { HostProcess } from '../fixtures/host-process.js';
import { open } from '../fixtures/http-client.js';
import { type Chance, sampled } from '../fixtures/streams.js';
import { Tally } from '../fixtures/tally.js';
import { until } from '../fixtures/wait.js';
import { verify } from './verify.js';

const ROUNDS = process.env.TEST_LONG ? 20 : 1;
const ENGINES: readonly EngineName[] = process.env.TEST_LONG
  ? ['postgres', 'mariadb', 'mysql', 'better-sqlite3']
  : ['postgres'];
const ROWS = 400;
const Note = new EntitySchema<{ id: number; text: string }>({
  name: 'note',
  columns: { id: { type: 'integer', primary: true, generated: 'increment' }, text: { type: 'text' } },
});
const ENDS_WITHIN_MS = 10_000;

describe.each(ENGINES)('A backup, when its host', (name) => {
  describeEngine('', name, (engine) => {
    const tally = new Tally(`Hosts that ended on ${name}`);
    let database: TestDatabase;
    let files: string;
    let idle: number;
    let host: HostProcess | undefined;
    beforeAll(async () => {
      database = await engine.create();
      files = mkdtempSync(join(tmpdir(), 'backup-faults-'));
      for (let i = 0; i < 8; i++) writeFileSync(join(files, `${i}.jpg`), Buffer.alloc(300_000, i));
      const writer = await new DataSource({ ...database.options, entities: [Note], synchronize: true }).initialize();
      for (let i = 0; i < ROWS; i++) {
        await writer.manager.insert(Note, { text: 'x'.repeat(16_000) });
      }
      await writer.destroy();
      idle = await connectionsTo(engine, database);
    });
    afterAll(async () => {
      await host?.kill();
      await database.drop();
      rmSync(files, { recursive: true, force: true });
    });

    /** Ends the host when a random part of the archive has arrived. @returns the archive if it came whole */
    async function endedAtRandom(signal: NodeJS.Signals, chance: Chance): Promise<Buffer | undefined> {
      host = await HostProcess.start({ database: database.options, files });
      const { child, url } = host;
      const exited = once(child, 'exit');
      const response = await open(url, { body, headers: asSystem });
      expect(response.statusCode).toBe(200);
      const at = chance.between(0, 9_000_000);
      const chunks: Buffer[] = [];
      let arrived = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        arrived += chunk.length;
        if (arrived >= at) child.kill(signal);
      });
      response.on('error', () => {});
      const slow = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS);
      await once(response, 'close').catch(() => {});
      child.kill(signal);
      const [, endedBy] = (await exited) as [number, NodeJS.Signals];
      clearTimeout(slow);
      expect(endedBy).not.toBe(signal === 'SIGTERM' ? 'SIGKILL' : 'SIGTERM');
      return response.complete ? Buffer.concat(chunks) : undefined;
    }

    it.each(['SIGTERM', 'SIGKILL'] as const)(
      'gets %s at a random moment: whole or visibly broken, and the next can be made at once',
      async (signal) => {
        await sampled(ROUNDS, async (chance) => {
          const archive = await endedAtRandom(signal, chance);
          tally.add(archive ? `whole after ${signal}` : `visibly broken by ${signal}`, signal);
          if (archive) expect((await verify(archive)).rows).toBe(ROWS);
          await until('no connection is left', async () => (await connectionsTo(engine, database)) <= idle, 8_000);
        });
      },
      ROUNDS * 120_000,
    );
  });
});
