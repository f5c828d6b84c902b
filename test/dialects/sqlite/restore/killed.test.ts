import { randomUUID } from 'node:crypto';
import { sqliteRestore } from '../../../../lib/database/dialects/sqlite/restore/index.js';
import { startChild } from '../../support/child.js';
import { restore, save } from '../../support/saved.js';
import { FILES, run } from '../harness.js';
import { dump, restoreSuite, triggerOrder } from './harness.js';

const { connect, file } = restoreSuite();

describe.each(FILES)('a process killed in the middle of a restore [%s]', (kind) => {
  it('leaves the old rows, triggers and counters, and a target that can be restored', async () => {
    const to = await connect(kind);
    await run(
      to,
      'CREATE TABLE bulk (id integer PRIMARY KEY AUTOINCREMENT, filler text)',
      'CREATE TRIGGER twice AFTER INSERT ON bulk BEGIN UPDATE bulk SET filler = filler || filler WHERE id = NEW.id; END',
      `INSERT INTO bulk VALUES (1, 'old'), (5, 'gone')`,
      'DELETE FROM bulk WHERE id = 5',
    );
    const [before, order, saved] = [await dump(to), await triggerOrder(to), await save(to)];
    await to.destroy();
    const id = randomUUID();
    const options = { type: 'better-sqlite3', database: file(), enableWAL: kind === 'WAL file' };
    const child = startChild('sqlite/restore/child.ts', { options, id });
    await child.spoke();
    await child.kill();

    const after = await connect(kind);
    const restores = sqliteRestore(after);
    await restores.recover();
    expect(await restores.wasCommitted(id)).toBe(false);
    expect(await dump(after)).toBe(before);
    expect(await triggerOrder(after)).toEqual(order);
    await restore(after, saved);
    expect(await dump(after)).toBe(before);
  });
});
