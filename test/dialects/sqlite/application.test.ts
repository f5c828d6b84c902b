import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { readBackup } from '../../fixtures/backup.js';
import { backupSuite } from '../../fixtures/backup-suite.js';
import { describeEngine, engines } from '../../fixtures/databases.js';
import { LoopWatch } from '../../fixtures/event-loop.js';
import { everyday } from '../../fixtures/everyday.js';
import { allowing } from '../../fixtures/wait.js';

const ROWS = 30_000;

for (const each of everyday(
  engines.filter(({ family }) => family === 'sqlite'),
  1,
)) {
  describeEngine('the application meanwhile', each, (engine) => {
    const { app, query } = backupSuite(engine);

    beforeEach(async () => {
      await query('CREATE TABLE bulk (id integer PRIMARY KEY, filler text)');
      await query(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS}) INSERT INTO bulk SELECT i, hex(randomblob(60)) FROM n`,
      );
    });

    it('writes on, and none of it is in the archive', async () => {
      const { stream } = await app().service.create();
      const archive = Promise.resolve().then(async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of stream) chunks.push(chunk as Buffer);
        return Buffer.concat(chunks);
      });
      let written = 0;
      while (!stream.readableEnded) {
        await query(`INSERT INTO bulk (filler) VALUES ('later')`);
        written++;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      const lines = (await readBackup(await archive)).of('bulk');
      expect(lines).toHaveLength(ROWS);
      expect(lines.filter(({ fields }) => fields.filler === 'later')).toEqual([]);
      expect(written).toBeGreaterThan(10);
    });

    it('keeps its own transaction to itself', async () => {
      const runner = app().dataSource.createQueryRunner();
      await runner.startTransaction();
      await runner.query(`INSERT INTO bulk (filler) VALUES ('not yet')`);
      const backup = app().backUp();
      // In memory there is no other view of the database, so the backup waits for the transaction's end.
      if (engine.name === 'sql.js') setTimeout(() => void runner.rollbackTransaction(), 200);
      const { of } = await backup;
      expect(of('bulk').filter(({ fields }) => fields.filler === 'not yet')).toEqual([]);
      if (runner.isTransactionActive) await runner.rollbackTransaction();
    });

    it('finds the event loop free', async () => {
      const watch = new LoopWatch();
      await text((await app().service.create()).stream);
      const { gaps } = watch.stop();
      const slow = gaps.filter((milliseconds) => milliseconds > allowing(60));
      expect(gaps.length).toBeGreaterThan(20);
      // Collections of garbage and the other worker's turn may take one or the other.
      expect(slow.length).toBeLessThan(gaps.length / 10);
    });

    it('is refused a second backup until the first one ends', async () => {
      const { stream } = await app().service.create();
      await expect(app().service.create()).rejects.toMatchObject({ code: 'LOCKED' });
      stream.destroy();
      await once(stream, 'close');
      await new Promise((resolve) => setTimeout(resolve, 100));
      await text((await app().service.create()).stream);
    });
  });
}
