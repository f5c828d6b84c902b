import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import type { LockName } from '../../../lib/database/dialects/dialect.js';
import { sqliteDialect } from '../../../lib/database/dialects/sqlite/index.js';
import { describeUnless } from '../../fixtures/unless.js';
import { NOBODY, startChild } from '../support/child.js';
import { sqliteSuite } from './harness.js';

const problem = process.getuid?.() === 0 ? undefined : 'only root acts as two users';
const NAMES: readonly LockName[] = ['backup', 'schedule', 'restore-test'];

const { connectFilled, directory, file, cleanup } = sqliteSuite();

const lockFile = (name: LockName) => `${file()}.${name}-lock`;

/** The application's database, which belongs to another user than this process. */
async function ofAnotherUser() {
  const dataSource = await connectFilled('rollback journal', 1);
  chownSync(file(), NOBODY, NOBODY);
  chownSync(directory.path, NOBODY, NOBODY);
  return dataSource;
}

/** Has the other user take a lock. @returns `held`, or what stood in the way */
async function takeAsOther(name: LockName): Promise<string> {
  const child = startChild('sqlite/take-lock.ts', { database: file(), name }, NOBODY);
  cleanup(() => child.kill());
  return child.spoke();
}

for (const name of NAMES) {
  describeUnless(problem, `the lock file of the lock "${name}", between two users`, () => {
    it('locks nobody else out of a lock that root has taken before', async () => {
      const dialect = sqliteDialect(await ofAnotherUser());
      await (await dialect.lock(name)).release();
      expect(await takeAsOther(name)).toBe('held');
      expect(await takeAsOther(name)).toMatch(/^LOCKED/);
      await expect(dialect.lock(name)).rejects.toMatchObject({ code: 'LOCKED' });
    });

    it('refuses a lock that root holds', async () => {
      const dialect = sqliteDialect(await ofAnotherUser());
      const lock = await dialect.lock(name);
      expect(await takeAsOther(name)).toMatch(/^LOCKED/);
      await lock.release();
      expect(await takeAsOther(name)).toBe('held');
    });

    it.each([0o644, 0o600, 0o444])('names a lock file that root has left with mode %o', async (mode) => {
      await ofAnotherUser();
      writeFileSync(lockFile(name), '');
      chmodSync(lockFile(name), mode);
      expect(await takeAsOther(name)).toMatch(new RegExp(`^LOCK_UNUSABLE: .*${lockFile(name)}.* may not write`));
    });

    it('can be taken for a database that is read-only for its owner too', async () => {
      await ofAnotherUser();
      chmodSync(file(), 0o444);
      expect(await takeAsOther(name)).toBe('held');
      expect(statSync(lockFile(name)).mode & 0o777).toBe(0o644);
    });

    it('names a lock file that cannot be made in a directory that is not theirs', async () => {
      await ofAnotherUser();
      chownSync(directory.path, 0, 0);
      chmodSync(directory.path, 0o755);
      expect(await takeAsOther(name)).toMatch(new RegExp(`^LOCK_UNUSABLE: .*${lockFile(name)}.* cannot be made`));
    });
  });
}
describe.each(NAMES)('the lock file of the lock "%s"', (name) => {
  it.each([
    [0o640, 0o000],
    [0o600, 0o022],
    [0o664, 0o077],
  ])('is made with the mode %o of the database under the umask %o', async (mode, umask) => {
    const dialect = sqliteDialect(await connectFilled('rollback journal', 1));
    chmodSync(file(), mode);
    const before = process.umask(umask);
    const lock = await dialect.lock(name).finally(() => process.umask(before));
    expect(statSync(lockFile(name)).mode & 0o777).toBe(mode);
    await lock.release();
  });

  it.each([
    ['a directory', (path: string) => mkdirSync(path)],
    ['a link to a file', (path: string) => symlinkSync(file(), path)],
    ['a link that leads nowhere', (path: string) => symlinkSync(`${path}-target`, path)],
    ['a file of something else', (path: string) => writeFileSync(path, 'x'.repeat(4096))],
  ])('is named where it is %s', async (_, make) => {
    const dialect = sqliteDialect(await connectFilled('rollback journal', 1));
    make(lockFile(name));
    await expect(dialect.lock(name)).rejects.toMatchObject({
      code: 'LOCK_UNUSABLE',
      message: expect.stringContaining(lockFile(name)),
    });
  });
});
