import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { EventSubscriber, type QueryRunner } from 'typeorm';
import { describeEngine } from '../../fixtures/databases.js';
import { version } from '../../fixtures/versioned-host.js';
import { migration, versionsSuite } from './place.js';

const { place, versionOne } = versionsSuite();

describe.each(['postgres', 'better-sqlite3', 'sql.js'] as const)('a migration of a restore', (name) => {
  describeEngine('in a transaction', name, (engine) => {
    it('stays in it with transactions of its own and whatever it does over the data source, unseen by subscribers', async () => {
      const { archive } = await versionOne(engine);
      const target = await place(engine);
      const seen: string[] = [];
      @EventSubscriber()
      class Watch {
        afterQuery({ query }: { query: string }) {
          seen.push(query);
        }
        beforeInsert() {
          seen.push('insert');
        }
      }
      const up = async (runner: QueryRunner) => {
        await runner.manager.transaction((manager) => manager.insert('tag', { name: 'nested' }));
        await runner.connection.transaction((manager) => manager.insert('tag', { name: 'over the data source' }));
        await runner.connection.getRepository('tag').save({ name: 'over a repository' });
        const other = runner.connection.createQueryRunner();
        await other.startTransaction();
        await other.manager.insert('tag', { name: 'rolled back' });
        await other.rollbackTransaction();
        await other.release();
        expect(await runner.manager.count('tag')).toBe(4);
      };
      const failing = async (runner: QueryRunner) => {
        await up(runner);
        throw new Error('The last step.');
      };
      // Saving in the middle would end the transaction of sql.js.
      const saving = engine.name === 'sql.js' && {
        autoSave: true,
        location: join(target.files, '..', `${randomUUID()}.db`),
      };
      await target.start({ ...version(3, [migration({ up: failing })]), subscribers: [Watch], ...saving });
      const before = await target.state();
      seen.length = 0;
      await expect(target.restore(archive)).rejects.toMatchObject({ message: /The last step/ });
      expect(seen).toEqual([]);
      expect(await target.state()).toEqual(before);
      if (saving) return rmSync(saving.location, { force: true });
      await target.start({ ...version(3, [migration({ up })]), subscribers: [Watch] });
      seen.length = 0;
      await target.restore(archive);
      expect(seen).toEqual([]);
      const { manager } = target.app.dataSource;
      expect((await manager.find('tag')).map((tag) => Object.values(tag)[0]).toSorted()).toEqual([
        'nested',
        'over a repository',
        'over the data source',
        'seeded',
      ]);
    });
  });
});

describeEngine('a migration of a restore', 'postgres', (engine) => {
  it('finds the settings of the application’s own sessions', async () => {
    const { archive } = await versionOne(engine);
    const target = await place(engine);
    const expected = { default_tablespace: 'pg_default', TimeZone: 'Asia/Tokyo', search_path: 'public, pg_catalog' };
    const found: Record<string, unknown> = {};
    const up = async (runner: QueryRunner) => {
      for (const name of Object.keys(expected)) Object.assign(found, (await runner.query(`SHOW ${name}`))[0]);
    };
    const options = '-c default_tablespace=pg_default -c timezone=Asia/Tokyo -c search_path=public,\\ pg_catalog';
    await target.start({ ...version(3, [migration({ up })]), ...{ extra: { options } } });
    await target.restore(archive);
    expect(found).toEqual(expected);
  });
});
