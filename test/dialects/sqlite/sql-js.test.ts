import { setTimeout as sleep } from 'node:timers/promises';
import initSqlJs, { type Database as SqlJsDatabase } from 'sql.js';
import { read } from '../support/lines.js';
import { sqliteSuite } from './harness.js';

const { connect, open } = sqliteSuite();

describe('sql.js', () => {
  /** Old versions: integers are rounded whatever is asked for, and an export ends the transaction without a word. */
  async function oldVersion() {
    const sqlJs = await initSqlJs();
    class Old extends sqlJs.Database {
      override prepare(...parameters: Parameters<SqlJsDatabase['prepare']>) {
        const statement = super.prepare(...parameters);
        const get = statement.get.bind(statement);
        return Object.assign(statement, { get: (values: null) => get(values) });
      }
      override export() {
        try {
          this.exec('ROLLBACK');
        } catch {
          // There was none.
        }
        const image = super.export();
        this.exec('PRAGMA foreign_keys = OFF');
        return image;
      }
    }
    return { Database: Old };
  }

  it('of old versions keeps its transaction, its settings and the digits of its integers', async () => {
    const dataSource = await connect('sql.js', 'app', { driver: oldVersion });
    await dataSource.query('CREATE TABLE t (id integer PRIMARY KEY, v)');
    await dataSource.query(
      'INSERT INTO t (v) VALUES (9223372036854775807), (-9223372036854775808), (5), (5.0), (9e999)',
    );
    await dataSource.query('BEGIN');
    const opening = open(dataSource);
    await sleep(100);
    await dataSource.query('INSERT INTO t (v) VALUES (0)');
    await dataSource.query('ROLLBACK');
    const values = (await read(await opening, 't')).map(({ fields }) => fields.v);
    expect(values).toEqual([
      { i: '9223372036854775807' },
      { i: '-9223372036854775808' },
      { i: '5' },
      { r: '5' },
      { r: 'Infinity' },
    ]);
    expect(await dataSource.query('PRAGMA foreign_keys')).toEqual([{ foreign_keys: 1 }]);
  });
});
