import { readdirSync, statSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { DatabaseService } from '../../../lib/database/database.service.js';
import { backupSuite } from '../../fixtures/backup-suite.js';
import { describeEngine, engines } from '../../fixtures/databases.js';
import { until } from '../../fixtures/wait.js';
import { holdSqliteLock } from './hold-lock.js';

for (const each of engines.filter(({ name }) => name.startsWith('better-sqlite3'))) {
  describeEngine('files beside the database', each, (engine) => {
    const { app, database, query } = backupSuite(engine);
    let file: string;
    const beside = () => readdirSync(dirname(file)).filter((name) => name.includes('.backup-copy-'));

    beforeEach(async () => {
      file = (database().options as { database: string }).database;
      await query('CREATE TABLE bulk AS SELECT hex(randomblob(4000000)) AS filler');
    });

    it('are a copy that nobody else may read, while it is made, and none as soon as the stream is there', async () => {
      const modes = new Set<number>();
      const watch = setInterval(() => {
        for (const name of beside()) modes.add(statSync(join(dirname(file), name)).mode & 0o777);
      }, 1);
      const { stream } = await app().service.create();
      clearInterval(watch);
      expect(beside()).toEqual([]);
      expect([...modes]).toEqual(engine.name.includes('WAL') ? [] : [0o600]);
      await text(stream);
    });

    it('are none when a restore looks at the catalog', async () => {
      const changed: Array<string | null> = [];
      const watcher = watch(dirname(file), (_event, name) => changed.push(name));
      try {
        const { tables } = await app().get(DatabaseService).describeTarget();
        expect(tables.map(({ name }) => name)).toContain('bulk');
        writeFileSync(join(dirname(file), 'the end'), '');
        await until('all is seen', () => changed.includes('the end'));
        expect(changed.filter((name) => name?.includes('.backup-copy-'))).toEqual([]);
      } finally {
        watcher.close();
      }
    });

    it('are not needed for writes to go on while a restore looks at the catalog', async () => {
      await query('PRAGMA busy_timeout = 0');
      await query('CREATE TABLE written (id integer PRIMARY KEY)');
      const looked = app().get(DatabaseService).describeTarget();
      // In turn with its steps, none of which waits for anything else.
      for (let id = 0; id < 100; id++) await query(`INSERT INTO written VALUES (${id})`);
      const { tables } = await looked;
      expect(tables.map(({ name }) => name)).toContain('written');
    });

    it('that a killed backup left are removed by the next', async () => {
      writeFileSync(`${file}.backup-copy-0123456789abcdef`, 'stale');
      await app().backUp();
      expect(beside()).toEqual([]);
    });

    it('hold the lock against other processes, and are free when their holder is killed', async () => {
      const kill = await holdSqliteLock(file);
      await expect(app().service.create()).rejects.toMatchObject({ code: 'LOCKED' }).finally(kill);
      await app().backUp();
    });
  });
}
