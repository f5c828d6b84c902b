import { existsSync, symlinkSync } from 'node:fs';
import { sqliteDialect } from '../../../lib/database/dialects/sqlite/index.js';
import { FILES, KINDS, sqliteSuite } from './harness.js';
import { holdSqliteLock } from './hold-lock.js';

const { connect, connectFilled, directory, file } = sqliteSuite();

describe.each(KINDS)('the lock of an SQLite database (%s)', (kind) => {
  it('is refused its lock while somebody else in this process holds it', async () => {
    const dialect = sqliteDialect(await connect(kind));
    const lock = await dialect.lock();
    await expect(dialect.lock()).rejects.toMatchObject({ code: 'LOCKED' });
    expect(lock.lost.aborted).toBe(false);
    await lock.release();
    await lock.release();
    const next = await dialect.lock();
    await lock.release();
    await expect(dialect.lock()).rejects.toMatchObject({ code: 'LOCKED' });
    await next.release();
  });
});

describe.each(FILES)('the lock of an SQLite file (%s)', (kind) => {
  it('is refused its lock while another process holds it under another path, until that is killed', async () => {
    const dialect = sqliteDialect(await connectFilled(kind, 10));
    const link = directory.at('link.sqlite');
    symlinkSync(file(), link);
    const kill = await holdSqliteLock(link);
    await expect(dialect.lock()).rejects.toMatchObject({ code: 'LOCKED' }).finally(kill);
    await (await dialect.lock()).release();
    // Removing the file would let somebody else lock a new one of that name.
    expect(existsSync(`${file()}.backup-lock`)).toBe(true);
  });
});
