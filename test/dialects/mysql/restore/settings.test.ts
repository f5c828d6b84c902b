import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { mysqlRestore } from '../../../../lib/database/dialects/mysql/restore/index.js';
import type { LineValue } from '../../../../lib/jsonl/format.js';
import { describeMysqlEngines } from '../../../fixtures/databases.js';
import { numbers } from '../../../fixtures/mysql-numbers.js';
import { find } from '../../support/lines.js';
import { begin, columnsOf, restore, save } from '../../support/saved.js';
import { restoreSuite } from './harness.js';

describeMysqlEngines('a restore of MySQL, in sessions that begin with settings of their own', (engine) => {
  const { connect, marks, open, query, target, userBeginningWith } = restoreSuite(engine);

  beforeEach(async () => {
    await query(`CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, u INT UNIQUE, small INT CHECK (small < 100),
      e ENUM('a','b'), parent INT, FOREIGN KEY (parent) REFERENCES t (id))`);
    await query(`INSERT INTO t VALUES (1, 1, 1, 'a', NULL), (2, 2, 2, 'b', 1)`);
  });

  const connectBeginningWith = async (settings: Record<string, string>) =>
    connect({ url: (await userBeginningWith(settings)).url });

  it('commits its rows and its marks, each when it is to', async () => {
    const hostile = await connectBeginningWith({
      autocommit: '0',
      completion_type: `'RELEASE'`,
      sql_safe_updates: '1',
      tx_read_only: '1',
      transaction_read_only: '1',
      default_storage_engine: `'MyISAM'`,
    });
    const saved = await save(target());
    await query('UPDATE t SET small = 7');
    const id = await restore(hostile, saved);
    expect(await save(target())).toEqual(saved);
    expect(await marks()).toEqual([{ id, committed: 1, undo: null }]);
    const engines = `SELECT engine AS engine FROM information_schema.tables
      WHERE table_schema = DATABASE() AND table_name = 'nestjs_backup_restore'`;
    expect(await query(engines)).toEqual([{ engine: 'InnoDB' }]);
    await mysqlRestore(hostile).forget(id);
    expect(await marks()).toEqual([]);
  });

  it.each([
    ['a unique key', 1, 1],
    ['a check', 2, 100],
  ])('refuses rows that violate %s', async (_, column, value) => {
    const hostile = await connectBeginningWith({ unique_checks: '0', check_constraint_checks: '0' });
    const saved = await save(target());
    saved.tables[0]!.rows[1]![column] = value;
    await query('SET foreign_key_checks = 0');
    await query('TRUNCATE TABLE t');
    await expect(restore(hostile, saved)).rejects.toMatchObject({ code: 'RESTORE_FAILED' });
    expect(await query('SELECT * FROM t')).toEqual([]);
  });

  it('waits for rows that are slow to come', async () => {
    const hostile = await connectBeginningWith({
      wait_timeout: '1',
      idle_transaction_timeout: '1',
      idle_write_transaction_timeout: '1',
    });
    const session = await open(undefined, hostile);
    await begin(session, randomUUID());
    const table = find(session, 't');
    async function* slow(): AsyncGenerator<LineValue[][]> {
      yield [[5, 5, 5, 'a', null]];
      await sleep(2_000);
      yield [[6, 6, 6, 'b', 5]];
    }
    await session.load(table, columnsOf(table), slow());
    await session.complete([]);
    await session.commit();
    expect(await query('SELECT id FROM t')).toEqual([{ id: 5 }, { id: 6 }]);
  });

  it('loads as many error values of enums as there are, however few warnings are kept', async () => {
    const hostile = await connectBeginningWith({ max_error_count: '0' });
    await query(`SET sql_mode = ''`);
    await query(`INSERT INTO t (u, e) SELECT seq, 0 FROM ${numbers(10, 999)}`);
    const saved = await save(target());
    await restore(hostile, saved);
    expect(await save(target())).toEqual(saved);
    expect(saved.tables[0]!.rows).toHaveLength(992);
  });
});
