import { readFileSync } from 'node:fs';
import { sqliteRestore } from '../../../../lib/database/dialects/sqlite/restore/index.js';
import { begin, restore, save } from '../../support/saved.js';
import { type FILES, run } from '../harness.js';
import { dump, restoreSuite } from './harness.js';

const { connect, directory, file } = restoreSuite();

describe('attached files', () => {
  async function attached(kind: (typeof FILES)[number] | ':memory:', name: string) {
    const dataSource = await connect(kind, name);
    await run(dataSource, `ATTACH '${file(`${name}-side`)}' AS side`);
    if (kind === 'WAL file') await run(dataSource, 'PRAGMA side.journal_mode = WAL');
    await run(
      dataSource,
      'CREATE TABLE t (id integer PRIMARY KEY)',
      'CREATE TABLE side.t (id integer PRIMARY KEY AUTOINCREMENT)',
    );
    await run(dataSource, 'CREATE TABLE side.child (t integer REFERENCES t (id))');
    await run(dataSource, 'CREATE TRIGGER side.more AFTER INSERT ON t BEGIN INSERT INTO child VALUES (NEW.id); END');
    return dataSource;
  }

  it('are restored together with the main one', async () => {
    const [from, to] = [await attached('rollback journal', 'from'), await attached('rollback journal', 'to')];
    await run(
      from,
      'INSERT INTO t VALUES (1)',
      'INSERT INTO side.t VALUES (2)',
      'DELETE FROM side.child',
      'DELETE FROM side.t',
      'INSERT INTO side.t VALUES (1)',
    );
    await restore(to, await save(from));
    expect(await dump(to)).toBe(await dump(from));
  });

  it.each(['WAL file', ':memory:'] as const)('are refused where a kill could tear them apart [%s]', async (kind) => {
    const to = await attached(kind, 'to');
    const before = await dump(to);
    const session = await sqliteRestore(to).openRestore();
    await expect(begin(session)).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
    await session.close();
    expect(await dump(to)).toBe(before);
    expect(readFileSync(directory.at('to-side.sqlite')).length).toBeGreaterThan(0);
  });
});
