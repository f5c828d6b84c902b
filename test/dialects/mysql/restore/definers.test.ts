import { DataSource } from 'typeorm';
import { describeEngine } from '../../../fixtures/databases.js';
import { nameOf } from '../../../fixtures/mysql-users.js';
import { restore, save } from '../../support/saved.js';
import { restoreSuite } from './harness.js';

const outcome = async (dataSource: DataSource) =>
  restore(dataSource, await save(dataSource)).then(
    () => 'done',
    ({ code, message }: { code: string; message: string }) => `${code} ${message}`,
  );

describeEngine('A restore of MySQL, of a user who owns nothing but the database', 'mysql', (engine) => {
  const { database, query, state, target } = restoreSuite(engine);

  it('puts back triggers of his own', async () => {
    await query('CREATE TABLE t (id INT PRIMARY KEY, v INT)');
    await query('INSERT INTO t VALUES (1, 1)');
    await query('CREATE TRIGGER sevens BEFORE INSERT ON t FOR EACH ROW SET NEW.v = 7');
    const before = await state();
    expect(await outcome(target())).toBe('done');
    expect(await state()).toBe(before);
  });

  it.each(['nobody@nowhere', 'root@localhost'])(
    'names what he lacks for triggers of %s, until he has it, and changes nothing',
    async (definer) => {
      await query('CREATE TABLE t (id INT PRIMARY KEY, v INT)');
      await query('INSERT INTO t VALUES (1, 1)');
      await query(`CREATE DEFINER = ${definer} TRIGGER sevens BEFORE INSERT ON t FOR EACH ROW SET NEW.v = 7`);
      const before = await state();
      const granted: string[] = [];
      for (;;) {
        const ended = await outcome(target());
        expect(await state()).toBe(before);
        if (ended === 'done') break;
        const [, needed] =
          /^RESTORE_REFUSED .*triggers of (?:nobody@nowhere|root@localhost)\. Grant the database user (?:SUPER or )?(\w+),/.exec(
            ended,
          ) ?? [ended];
        expect(granted).not.toContain(needed);
        await query(`GRANT ${needed} ON *.* TO '${nameOf(database())}'@'%'`);
        granted.push(needed!);
      }
      const last = definer.startsWith('root') ? 'SYSTEM_USER' : 'ALLOW_NONEXISTENT_DEFINER';
      expect(granted).toEqual(['SET_ANY_DEFINER', last]);
    },
  );
});
