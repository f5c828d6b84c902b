import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { CliHost, noteEntities } from '../fixtures/cli.js';
import { databaseState } from '../fixtures/database-state.js';
import { describeEngine, offered } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';

const DIES = { NODE_OPTIONS: `--import ${new URL('../fixtures/die-before-swap.mjs', import.meta.url).href}` };

const ENGINES = ['postgres', 'mariadb', 'mysql', 'better-sqlite3'] as const;

describe.each(everyday(offered(ENGINES), 1))('%s', (name) => {
  describeEngine('A host beside which a restore was killed between commit and swap', name, (engine) => {
    let host: CliHost;
    let app: BackupApp;

    beforeEach(async () => {
      host = await CliHost.make(engine);
      expect(await host.run(['create', '--app', host.app, '-o', 'b.zip'])).toMatchObject({ code: 0 });
      await host.database.query('DELETE FROM note');
      rmSync(join(host.files, 'a.txt'));
      writeFileSync(join(host.files, 'mine.txt'), 'mine');
      app = await backupApp(host.database, { entities: noteEntities }, { dataDirs: { files: host.files } });
      const killed = await host.run(['restore', 'b.zip', '--app', host.app, '--replace'], { env: DIES });
      expect(killed.code).toBeNull();
      expect(await databaseState(engine, host.database)).toMatchObject({ marks: 1 });
      expect(readdirSync(host.files).toSorted()).toEqual(['.nestjs-backup', 'b.txt', 'mine.txt']);
    });
    afterEach(async () => {
      await app.close();
      await host.remove();
    });

    it('makes no backup of both halves: it says why it cannot, and finishes the restore as soon as it can', async () => {
      const journal = join(host.files, '.nestjs-backup', 'journal.json');
      const written = readFileSync(journal);
      writeFileSync(journal, '{');
      const refused = { code: 'RESTORE_FAILED', message: expect.stringContaining(journal) };
      // Twice, since the lock must be free again.
      for (let time = 0; time < 2; time++) await expect(app.service.create()).rejects.toMatchObject(refused);

      writeFileSync(journal, written);
      const { of, names } = await app.backUp();
      expect(of('note').map(({ fields }) => fields.text)).toEqual(['one', 'two', 'three']);
      expect(names.filter((name) => name.startsWith('files/')).toSorted()).toEqual([
        'files/',
        'files/a.txt',
        'files/b.txt',
      ]);
      expect(await databaseState(engine, host.database)).toMatchObject({ marks: 0 });
      expect(readdirSync(host.files).toSorted()).toEqual(['a.txt', 'b.txt']);
    });
  });
});
