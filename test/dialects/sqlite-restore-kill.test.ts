import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { sqliteRestore } from '../../lib/database/dialects/sqlite/restore/index.js';
import { Databases, dump, FILES, restore, run, save, triggerOrder } from './sqlite-restore.harness.js';

let databases: Databases;
beforeEach(() => (databases = new Databases()));
afterEach(() => databases.clean());

describe.each(FILES)('a process killed in the middle of a restore [%s]', (kind) => {
  it('leaves the old rows, triggers and counters, and a target that can be restored', async () => {
    const to = await databases.connect(kind);
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
    const folder = join(process.cwd(), 'test/dialects');
    const child = spawn(
      process.execPath,
      ['--import', join(folder, 'mysql-restore.loader.mjs'), join(folder, 'sqlite-restore.child.ts')],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const options = { type: 'better-sqlite3', database: databases.file(), enableWAL: kind === 'WAL file' };
    child.stdin.end(JSON.stringify({ options, id, tables: ['bulk'] }));
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');

    const after = await databases.connect(kind);
    const restores = sqliteRestore(after);
    await restores.recover();
    expect(await restores.wasCommitted(id)).toBe(false);
    expect(await dump(after)).toBe(before);
    expect(await triggerOrder(after)).toEqual(order);
    await restore(after, saved);
    expect(await dump(after)).toBe(before);
  });
});
