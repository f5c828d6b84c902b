import { MysqlConnection } from '../../../lib/database/dialects/mysql/connection.js';
import { RowBytes, type ValueKind } from '../../../lib/database/dialects/mysql/restore/insert/row-bytes.js';
import { StatementHead } from '../../../lib/database/dialects/mysql/restore/insert/statement-head.js';
import { bytesOf } from '../../../lib/jsonl/bytes.js';
import { describeMysqlEngines } from '../../fixtures/databases.js';
import { mysqlSuite } from './harness.js';

describeMysqlEngines('the packets of a prepared statement', (engine) => {
  const { cleanup, connect, query } = mysqlSuite(engine);

  async function prepared(sql: string) {
    const connection = await MysqlConnection.open(await connect());
    cleanup(() => connection.close());
    const statement = await connection.prepare(sql);
    return { connection, statement };
  }

  it('are made when it is asked for, not when its turn has come', async () => {
    await query('CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20))');
    const { connection, statement } = await prepared('INSERT INTO t VALUES (?, ?)');
    const values = [1, 'asked for'];
    const before = connection.query('DO SLEEP(0.2)');
    const executed = statement.execute(values);
    values[1] = 'changed since';
    await Promise.all([before, executed]);
    expect(await query('SELECT v AS v FROM t')).toEqual([{ v: 'asked for' }]);
  });

  it('fail alone, and those that follow are executed', async () => {
    await query('CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20))');
    const { statement } = await prepared('INSERT INTO t VALUES (?, ?)');
    const [, second, third] = [
      statement.execute([1, 'first']),
      statement.execute([1, 'twice']),
      statement.execute([2, null]),
    ];
    await expect(second).rejects.toMatchObject({ code: 'ER_DUP_ENTRY' });
    await third;
    expect(await query('SELECT v AS v FROM t ORDER BY id')).toEqual([{ v: 'first' }, { v: null }]);
  });

  it('are, where they are made of bytes, those of the driver', async () => {
    const kinds: readonly ValueKind[] = ['text', 'text', 'text'];
    const texts = ['', 'one', 'é'.repeat(200), 'x'.repeat(70_000), 'ü', '\0'];
    await query('CREATE TABLE t (a LONGTEXT, b LONGTEXT, c LONGTEXT)');
    let sent = 0;
    for (const rows of [1, 2, 100]) {
      const marks = Array(rows).fill('(?, ?, ?)').join();
      const { statement } = await prepared(`INSERT INTO t VALUES ${marks}`);
      const values = Array.from({ length: 3 * rows }, (_, index) => texts[index % texts.length]!);
      const head = StatementHead.of(statement.packetOf(Array(3 * rows).fill(''))!, kinds, rows)!;
      const bound = new RowBytes(kinds, 5_000_000);
      for (const [index, value] of values.entries()) {
        const bytes = Buffer.from(value);
        sent += bytes.length;
        bound.addText(bytesOf(bytes), 0, bytes.length);
        if (index % 3 === 2) bound.endRow();
      }
      const packet = head.before(bound);
      const theirs = statement.packetOf(values)!;
      expect(packet.subarray(4).equals(theirs.subarray(4))).toBe(true);
      await statement.send(packet);
    }
    const [{ whole }] = (await query('SELECT SUM(LENGTH(a) + LENGTH(b) + LENGTH(c)) AS whole FROM t')) as [any];
    expect(Number(whole)).toBe(sent);
  });

  it('are not made of anything that the driver is not known to write', async () => {
    const { statement } = await prepared('SELECT ?, ?');
    const known = statement.packetOf(['', ''])!;
    const kinds: readonly ValueKind[] = ['text', 'number'];
    expect(StatementHead.of(known, kinds, 1)).toBeDefined();
    // All but the header, the statement's number and the number of iterations is compared.
    for (const at of [4, ...Array.from({ length: known.length - 14 }, (_, index) => 14 + index)]) {
      const other = Buffer.from(known);
      other[at]! ^= 1;
      expect([at, StatementHead.of(other, kinds, 1)]).toEqual([at, undefined]);
    }
    expect(StatementHead.of(Buffer.concat([known, Buffer.of(0)]), kinds, 1)).toBeUndefined();
    expect(StatementHead.of(known, kinds, 2)).toBeUndefined();
  });
});
