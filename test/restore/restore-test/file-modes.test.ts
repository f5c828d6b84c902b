import { chmodSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { RestoreService } from 'nestjs-backup';
import { DataSource } from 'typeorm';
import { noteEntities } from '../../fixtures/cli.js';
import { describeEngine } from '../../fixtures/databases.js';
import { MemoryDestination } from '../../fixtures/memory-destination.js';
import { StoringHost } from '../../fixtures/storing-host.js';

const LATEST = { destination: 'vault', id: 'latest' };
const ROWS = 3_000;

/** The widest mode that each file of a directory has while some work is done, by what its name ends in. */
async function modesDuring(directory: string, work: Promise<unknown>): Promise<Map<string, number>> {
  const modes = new Map<string, number>();
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  while (!done) {
    for (const name of readdirSync(directory)) {
      const stats = statSync(join(directory, name), { throwIfNoEntry: false });
      const kind = name.replace(/[0-9a-f]{16}/, '').replace(/^[^.]*\.sqlite/, '');
      if (stats?.isFile()) modes.set(kind, (modes.get(kind) ?? 0) | (stats.mode & 0o777));
    }
    await setImmediate();
  }
  await ended;
  return modes;
}

for (const name of ['better-sqlite3', 'better-sqlite3 (WAL)'] as const) {
  describeEngine('the files of a restore test beside a database of mode 0600', name, (engine) => {
    it.each([0o000, 0o022])('are readable by nobody else at any moment (umask %i)', async (umask) => {
      const host = await StoringHost.start(engine, { vault: new MemoryDestination() }, {}, { entities: noteEntities });
      const before = process.umask(umask);
      try {
        const database = host.app.get(DataSource).options.database as string;
        for (const file of readdirSync(dirname(database))) chmodSync(join(dirname(database), file), 0o600);
        const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS}) SELECT i FROM n`;
        await host.query(`INSERT INTO note (text) SELECT hex(randomblob(500)) FROM (${numbers})`);
        await host.store.store({ destinations: ['vault'] });
        const test = host.app.get(RestoreService).verify(LATEST, { restore: true });
        const modes = await modesDuring(dirname(database), test);
        const seen = [...modes].filter(([kind]) => kind !== '');
        expect(seen.filter(([, mode]) => (mode & 0o077) !== 0)).toEqual([]);
        expect(modes.has('.nestjs-backup-scratch')).toBe(true);
        expect([...modes.keys()].some((kind) => /-scratch-(journal|wal)$/.test(kind))).toBe(true);
        expect(modes.has('.restore-test-lock')).toBe(true);
      } finally {
        process.umask(before);
        await host.close();
      }
    });
  });
}
