import { RestoreService } from 'nestjs-backup';
import { backupApp } from '../fixtures/backup.js';
import { describeMysqlEngines, type TestDatabase } from '../fixtures/databases.js';
import { createMysqlUser, letInto, nameOf } from '../fixtures/mysql-users.js';
import { Pair } from '../fixtures/pair.js';

describeMysqlEngines('tables of other databases that refer to restored ones', (engine) => {
  let pair: Pair;
  let other: TestDatabase;
  const name = () => nameOf(other);

  beforeEach(async () => {
    pair = await Pair.open(engine, { schema: ['CREATE TABLE customer (id int PRIMARY KEY, name varchar(20))'] });
    other = await engine.create();
    await letInto(other, pair.target);
    await pair.source.query(`INSERT INTO customer VALUES (1, 'one')`);
    await pair.target.query(`INSERT INTO customer VALUES (1, 'one'), (2, 'two')`);
    await other.query(`CREATE TABLE invoice (id int PRIMARY KEY, customer int,
      CONSTRAINT to_customer FOREIGN KEY (customer) REFERENCES ${nameOf(pair.target)}.customer (id) ON DELETE CASCADE)`);
  });
  afterEach(async () => {
    await other.drop();
    await pair.close();
  });

  it('refuse the restore, named, while they hold rows that do', async () => {
    await other.query('INSERT INTO invoice VALUES (7, 2)');
    await expect(pair.carry()).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringMatching(new RegExp(`"${name()}\\.invoice".*"customer".*"to_customer"`)),
    });
    expect(await pair.target.query('SELECT id FROM customer ORDER BY id')).toHaveLength(2);
    expect(await other.query('SELECT * FROM invoice')).toHaveLength(1);
  });

  it('are no hindrance while they refer to none', async () => {
    await other.query('INSERT INTO invoice VALUES (7, NULL)');
    await pair.carry();
    await pair.expectEqual();
    expect(await other.query('SELECT * FROM invoice')).toHaveLength(1);
  });

  it('refuse the restore where the database user may see them and not read them', async () => {
    await other.query('INSERT INTO invoice VALUES (7, 2)');
    const user = await createMysqlUser(pair.target, 'GRANT ALL ON');
    for (const host of ['%', 'localhost']) {
      await other.query(`GRANT INSERT ON ${name()}.invoice TO '${user.name}'@'${host}'`);
    }
    const options = { ...pair.target.options, url: user.url } as TestDatabase['options'];
    const app = await backupApp({ options }, {}, { unmappedTables: 'include' });
    try {
      const { stream } = await pair.from.service.create();
      await expect(app.get(RestoreService).restore(stream, { replace: true })).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
        message: expect.stringMatching(/invoice".*may not be read.*SELECT/),
      });
    } finally {
      await app.close();
      await user.drop();
    }
  });
});
