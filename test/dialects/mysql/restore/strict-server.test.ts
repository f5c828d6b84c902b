import { DataSource } from 'typeorm';
import { describeEngine, engine } from '../../../fixtures/databases.js';
import { OracleMysqlServer } from '../../../fixtures/sid-servers.mjs';
import { restore, type SavedTable, save } from '../../support/saved.js';
import { loadBy, WAYS } from '../../support/ways.js';

const SERVER_MS = 240_000;
const STRICT = [
  '--log-bin-trust-function-creators=OFF',
  '--sql-require-primary-key=ON',
  '--sql-generate-invisible-primary-key=ON',
  '--show-gipk-in-create-table-and-information-schema=OFF',
  '--max-prepared-stmt-count=0',
];

const outcome = async (dataSource: DataSource) =>
  restore(dataSource, await save(dataSource)).then(
    () => 'done',
    ({ code, message }: { code: string; message: string }) => `${code} ${message}`,
  );

const mysql = engine('mysql');
const { missing } = OracleMysqlServer;
const here = { ...mysql, available: mysql.available && !missing, reason: mysql.reason ?? missing };

describeEngine('A restore on a MySQL server that is stricter than by default', here, () => {
  let server: Awaited<ReturnType<typeof OracleMysqlServer.start>>;
  let dataSource: DataSource;
  let admin: DataSource;
  beforeAll(async () => {
    server = await OracleMysqlServer.start(STRICT);
    admin = await new DataSource({ type: 'mysql', url: `${server.url}mysql` }).initialize();
    await admin.query('CREATE DATABASE shop');
    await admin.query(`CREATE USER app IDENTIFIED BY 'pw'`);
    await admin.query('GRANT ALL ON shop.* TO app');
    const url = Object.assign(new URL(`${server.url}shop`), { username: 'app', password: 'pw' }).href;
    dataSource = await new DataSource({ type: 'mysql', url }).initialize();
    await dataSource.query('CREATE TABLE t (id INT PRIMARY KEY, v INT)');
    await dataSource.query('INSERT INTO t VALUES (1, 1)');
  }, SERVER_MS);
  afterAll(async () => {
    await dataSource?.destroy();
    await admin?.destroy();
    await server?.stop();
  }, SERVER_MS);

  it('goes on without triggers, whatever the binary log', async () => {
    expect(await outcome(dataSource)).toBe('done');
  });

  it('loads rows although no statement can be prepared', async () => {
    const saved = await save(dataSource);
    await dataSource.query('UPDATE t SET v = 2');
    await restore(dataSource, saved);
    expect(await save(dataSource)).toEqual(saved);
  });

  it('loads rows although only the smallest statement can be prepared', async () => {
    await admin.query('SET GLOBAL max_prepared_stmt_count = 1');
    await dataSource.query('INSERT INTO t VALUES (2, NULL), (3, -3), (4, 4), (5, 5)');
    const saved = await save(dataSource);
    const [table] = saved.tables as [SavedTable];
    const lines = table.rows.map(([id, v]) => `{"model":"t","pk":${id},"fields":{"v":${v}}}\n`);
    await dataSource.query('DELETE FROM t');
    for (const way of WAYS) {
      const archived = { name: 't', schema: null, primaryKey: ['id'], columns: table.columns, caveats: [] };
      await loadBy(way, dataSource, { table: archived, bytes: Buffer.from(lines.join('')) });
      expect(await save(dataSource)).toEqual(saved);
    }
    await dataSource.query('DELETE FROM t WHERE id > 1');
    await admin.query('SET GLOBAL max_prepared_stmt_count = 0');
  });

  it('is refused where there may be triggers that the user does not see', async () => {
    await admin.query('REVOKE TRIGGER ON shop.* FROM app');
    expect(await outcome(dataSource)).toMatch(/^RESTORE_REFUSED .*Grant the database user TRIGGER on the database/);
    await admin.query('CREATE ROLE keeper');
    await admin.query('GRANT TRIGGER ON `s_o%`.* TO keeper');
    await admin.query('GRANT keeper TO app');
    expect(await outcome(dataSource)).toMatch(/^RESTORE_REFUSED/);
    await admin.query('SET DEFAULT ROLE keeper TO app');
    expect(await outcome(dataSource)).toBe('done');
    await admin.query('GRANT TRIGGER ON shop.* TO app');
  });

  it('is refused where others make the triggers for a binary log, with the remedy, which helps', async () => {
    await admin.query('CREATE DEFINER = app TRIGGER shop.sevens BEFORE INSERT ON shop.t FOR EACH ROW SET NEW.v = 7');
    expect(await outcome(dataSource)).toMatch(
      /^RESTORE_REFUSED .*triggers of app@%.*log_bin_trust_function_creators = ON/,
    );
    expect(await dataSource.query('SELECT * FROM t')).toEqual([{ id: 1, v: 1 }]);
    await admin.query('SET GLOBAL log_bin_trust_function_creators = ON');
    expect(await outcome(dataSource)).toBe('done');
    expect(await dataSource.query('SELECT * FROM t')).toEqual([{ id: 1, v: 1 }]);
    expect(await dataSource.query('SHOW TRIGGERS')).toHaveLength(1);
  });

  it('brings back the keys that the server makes itself, and hides', async () => {
    await dataSource.query('CREATE TABLE keyless (v INT)');
    await dataSource.query('INSERT INTO keyless VALUES (1), (1), (2), (3)');
    await dataSource.query('DELETE FROM keyless WHERE v = 2');
    const saved = await save(dataSource);
    await dataSource.query('UPDATE keyless SET v = 0');
    await restore(dataSource, saved);
    const rows = await dataSource.query('SELECT my_row_id AS id, v FROM keyless');
    expect(rows.map(({ id, v }: { id: unknown; v: unknown }) => [Number(id), v])).toEqual([
      [1, 1],
      [2, 1],
      [4, 3],
    ]);
  });

  it('is refused where a variable has another value that the user may not change, and names it', async () => {
    await admin.query('SET GLOBAL max_error_count = 10');
    expect(await outcome(dataSource).catch(({ message }: Error) => message)).toMatch(
      /may not set "max_error_count", which is 10 and has to be 64 .*SESSION_VARIABLES_ADMIN/,
    );
    await admin.query('GRANT SESSION_VARIABLES_ADMIN ON *.* TO app');
    expect(await outcome(dataSource)).toBe('done');
  });
});
