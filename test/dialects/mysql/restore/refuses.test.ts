import { randomUUID } from 'node:crypto';
import { describeMysqlEngines } from '../../../fixtures/databases.js';
import { nameOf } from '../../../fixtures/mysql-users.js';
import { find } from '../../support/lines.js';
import { restoreSuite } from './harness.js';

describeMysqlEngines('a restore of MySQL refuses', (engine) => {
  const { connect, createUser, database, open, prepare, query, state, target } = restoreSuite(engine);

  const refused = async (message: RegExp, tables?: string[], from = target()) => {
    const before = await state();
    const session = await open(undefined, from);
    const list = tables ? tables.map((name) => find(session, name)) : session.tables;
    await expect(session.begin(randomUUID(), list)).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringMatching(message),
    });
    await session.close();
    expect(await state()).toBe(before);
  };

  it('a table of an engine without transactions', async () => {
    await prepare();
    await query('CREATE TABLE old (id INT) ENGINE MyISAM');
    await refused(/"old".*MyISAM/);
  });

  it('to empty what rows outside of the list refer to; others are no hindrance', async () => {
    await prepare();
    await refused(/"teams".*"users".*"chief_fk"/, ['users']);
    await query('SET foreign_key_checks = 0');
    await query('UPDATE users SET team = NULL');
    await query('DELETE FROM teams');
    const session = await open();
    await session.begin(randomUUID(), [find(session, 'users')]);
    await session.complete([]);
  });

  it('triggers that it could not put back, before one is dropped', async () => {
    await prepare();
    const user = await createUser('GRANT ALL ON');
    const asUser = await connect({ url: user.url });
    await refused(/triggers of (?:nobody@nowhere|root@|nestjs_backup_).*Grant the database user/, undefined, asUser);
    for (const host of ['%', 'localhost']) {
      await query(`REVOKE TRIGGER ON \`${nameOf(database())}\`.* FROM '${user.name}'@'${host}'`);
    }
    await refused(/trigger/, undefined, asUser); // It would not even see them.
  });

  it('a trigger with accents in another character set', async () => {
    await query('CREATE TABLE t (v VARCHAR(9))');
    await query('SET character_set_client = latin1');
    await query(`CREATE TRIGGER accent BEFORE INSERT ON t FOR EACH ROW SET NEW.v = 'é'`);
    await query('SET NAMES utf8mb4');
    await refused(/"accent".*latin1/);
  });
});
