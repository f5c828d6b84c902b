import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type BackupError, RestoreService } from 'nestjs-backup';
import type { BackupApp } from '../fixtures/backup.js';
import { describeEngine, type EngineName, sampledEngines } from '../fixtures/databases.js';
import { Pair } from '../fixtures/pair.js';
import { itUnless } from '../fixtures/unless.js';

const PARENT = 'CREATE TABLE parent (id integer PRIMARY KEY)';
const child = (constraint = ', CONSTRAINT to_parent FOREIGN KEY (parent_id) REFERENCES parent (id)') =>
  `CREATE TABLE child (id integer PRIMARY KEY, parent_id integer, pair_id integer${constraint})`;
const checked = (constraint = ', CONSTRAINT is_small CHECK (amount < 100)') =>
  `CREATE TABLE checked (id integer PRIMARY KEY, amount integer${constraint})`;

const OF_SQLITE = {
  off: ['PRAGMA foreign_keys = OFF', 'PRAGMA ignore_check_constraints = ON'],
  on: ['PRAGMA foreign_keys = ON', 'PRAGMA ignore_check_constraints = OFF'],
};
/** What switches an engine's constraints off and on again. MySQL's checks always hold. */
const SWITCHES: Partial<Record<EngineName, { off: readonly string[]; on: readonly string[] }>> = {
  mariadb: {
    off: ['SET foreign_key_checks = 0', 'SET check_constraint_checks = 0'],
    on: ['SET foreign_key_checks = 1', 'SET check_constraint_checks = 1'],
  },
  mysql: { off: ['SET foreign_key_checks = 0'], on: ['SET foreign_key_checks = 1'] },
  'better-sqlite3': OF_SQLITE,
  'better-sqlite3 (WAL)': OF_SQLITE,
  'sql.js': OF_SQLITE,
};

for (const each of sampledEngines().filter(({ family }) => family !== 'postgres')) {
  describeEngine('rows that violate constraints of their database', each, (engine) => {
    const isSqlite = engine.family === 'sqlite';
    let pair: Pair;
    afterEach(() => pair?.close());

    const open = async (schema: readonly string[]) => {
      pair = await Pair.open(engine, { schema });
    };

    /** Statements with everything switched off that would refuse their rows, over one connection. */
    async function unchecked({ dataSource }: BackupApp, statements: readonly string[]): Promise<void> {
      const runner = dataSource.createQueryRunner();
      const { off, on } = SWITCHES[engine.name]!;
      for (const sql of [...off, ...statements, ...on]) await runner.query(sql);
      await runner.release();
    }

    const fill = (statements: readonly string[]) => unchecked(pair.from, statements);

    async function restore(options: { replace?: boolean } = { replace: true }) {
      const archive = await buffer((await pair.from.service.create()).stream);
      return pair.to.get(RestoreService).restore(Readable.from([archive]), options);
    }

    it('come back, orphans named with their table, key and number', async () => {
      await open([PARENT, child()]);
      await fill([
        'INSERT INTO parent VALUES (1), (2)',
        'INSERT INTO child VALUES (1, 1, NULL), (2, 77, NULL), (3, 78, NULL), (4, NULL, NULL), (5, 77, NULL)',
      ]);
      const { warnings } = await restore();
      await pair.expectEqual();
      expect(warnings).toContainEqual(
        expect.stringMatching(/^3 rows of "child" .*"?(to_parent|\(parent_id\)).*"parent"/),
      );
      // Again, over what is there now.
      await restore();
      await pair.expectEqual();
    });

    const itUnchecked = itUnless(engine.name === 'mysql' ? 'checks of MySQL always hold' : undefined);
    itUnchecked('come back where they violate a check, counted, and the check holds for others', async () => {
      await open([checked()]);
      await fill(['INSERT INTO checked VALUES (1, 1), (2, 100), (3, NULL), (4, 500), (5, 99)']);
      const { warnings } = await restore();
      await pair.expectEqual();
      expect(warnings).toContainEqual(expect.stringMatching(/^2 rows of "checked" violate a check/));
      await expect(pair.target.query('INSERT INTO checked VALUES (6, 100)')).rejects.toMatchObject({
        message: expect.stringMatching(/is_small/),
      });
    });

    it('are refused where the target has a foreign key that the source had not', async () => {
      await open([PARENT]);
      await pair.source.query(child(''));
      await pair.target.query(child());
      await fill(['INSERT INTO child VALUES (1, 77, NULL)']);
      await expect(restore()).rejects.toMatchObject({
        code: 'RESTORE_FAILED',
        message: expect.stringMatching(/"child".*"parent"/),
      });
      expect(await pair.target.query('SELECT * FROM child')).toEqual([]);
    });

    it('are refused where the target has a check that the source had not', async () => {
      await open([]);
      await pair.source.query(checked(', CONSTRAINT is_small CHECK (amount < 1000)'));
      await pair.target.query(checked());
      await fill(['INSERT INTO checked VALUES (1, 500)']);
      const error = (await restore().catch((reason: unknown) => reason)) as BackupError;
      expect(error).toMatchObject({ code: 'RESTORE_FAILED', message: expect.stringContaining('checked') });
      expect(await pair.target.query('SELECT * FROM checked')).toEqual([]);
    });

    it('are refused where the rows that they refer to are not in the archive', async () => {
      await open([PARENT, child()]);
      await fill(['INSERT INTO parent VALUES (1)', 'INSERT INTO child VALUES (1, 1, NULL)']);
      const archive = await buffer((await pair.from.service.create()).stream);
      // A row of a table that the archive does not hold loses what it refers to.
      const late =
        'CREATE TABLE late (id integer PRIMARY KEY, parent_id integer, FOREIGN KEY (parent_id) REFERENCES parent (id))';
      await pair.target.query(late);
      await unchecked(pair.to, ['INSERT INTO parent VALUES (9)', 'INSERT INTO late VALUES (1, 9)']);
      const restoring = pair.to.get(RestoreService).restore(Readable.from([archive]), { replace: true });
      await expect(restoring).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
        message: expect.stringMatching(/late/),
      });
      expect(await pair.target.query('SELECT id FROM parent')).toEqual([{ id: expect.anything() }]);
    });

    if (!isSqlite) return;

    it('come back where a foreign key leads to a table that is not there, or to no unique key', async () => {
      await open([
        'CREATE TABLE p (id integer, v integer)',
        'CREATE TABLE gone (id integer PRIMARY KEY, x integer REFERENCES nowhere (id))',
        'CREATE TABLE mismatched (id integer PRIMARY KEY, p integer REFERENCES p (v))',
      ]);
      await fill([
        'INSERT INTO gone VALUES (1, 5)',
        'INSERT INTO p VALUES (1, 1)',
        'INSERT INTO mismatched VALUES (1, 3)',
      ]);
      const { warnings } = await restore();
      await pair.expectEqual();
      expect(warnings).toContainEqual(expect.stringMatching(/^1 row of "gone".*"nowhere"/));
      expect(warnings).toContainEqual(expect.stringMatching(/foreign keys of "mismatched"/));
    });
  });
}
