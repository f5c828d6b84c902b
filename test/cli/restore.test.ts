import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliHost } from '../fixtures/cli.js';
import { AES_KEY } from '../fixtures/secrets.js';

describe('nestjs-backup restore', () => {
  let host: CliHost;
  let archive: Buffer;

  const state = async () => ({
    notes: (await host.database.query('SELECT text FROM note ORDER BY id')).map(({ text }) => text),
    files: Object.fromEntries(
      readdirSync(host.files).map((name) => [name, readFileSync(join(host.files, name), 'utf8')]),
    ),
  });
  const old = { notes: ['mine'], files: { 'mine.txt': 'mine' } };
  const saved = { notes: ['one', 'two', 'three'], files: { 'a.txt': 'a', 'b.txt': 'b' } };
  const makeOld = async () => {
    await host.database.query('DELETE FROM note');
    await host.database.query(`INSERT INTO note (text) VALUES ('mine')`);
    for (const name of readdirSync(host.files)) rmSync(join(host.files, name), { recursive: true });
    writeFileSync(join(host.files, 'mine.txt'), 'mine');
  };

  beforeAll(async () => {
    host = await CliHost.make();
    const { code } = await host.run(['create', '--app', host.app, '--encrypt', '-o', 'b.crypt'], {
      env: { BACKUP_AES_KEY: AES_KEY },
    });
    expect(code).toBe(0);
    archive = readFileSync(join(host.folder, 'b.crypt'));
  });
  beforeEach(async () => {
    writeFileSync(join(host.folder, 'b.crypt'), archive);
    writeFileSync(join(host.folder, 'key'), AES_KEY);
    await makeOld();
  });
  afterAll(() => host.remove());

  const restore = (...args: string[]) =>
    host.run(['restore', 'b.crypt', '--app', host.app, '--key-file', 'key', ...args]);

  it('refuses a target that is not empty, and names what is there', async () => {
    const says = /"note" holds rows; the data directory "files" is not empty: it holds mine\.txt\. Use --replace/;
    const { code, stderr } = await restore();
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(says) });
    expect(await state()).toEqual(old);
  });

  it('replaces everything when told to', async () => {
    const { code, stdout } = await restore('--replace');
    expect({ code, stdout: stdout.toString() }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/Restored backup.*\n.*3 rows, 2 files/),
    });
    expect(await state()).toEqual(saved);
    expect(readdirSync(host.files)).toEqual(['a.txt', 'b.txt']);
  });

  it('says what it would do, and does nothing, in a dry run', async () => {
    const { code, stdout } = await restore('--replace', '--dry-run', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout.toString())).toMatchObject({
      dryRun: true,
      complete: true,
      tables: [{ name: 'note', rows: 3 }],
      replaces: { tables: [{ name: 'note', rows: 1 }], files: { files: { count: 1, bytes: 4 } } },
    });
    const people = await restore('--replace', '--dry-run');
    expect(String(people.stdout)).toMatch(
      /^ {2}would replace:\n {4}table note: 1 row\n {4}directory files: 1 file \(4 B\)$/m,
    );
    expect(await state()).toEqual(old);
    const done = await restore('--replace', '--json');
    expect(JSON.parse(done.stdout.toString())).not.toHaveProperty('replaces');
  });

  it('takes a backup from before migrations when told to ignore them, and names the flag where it would help', async () => {
    const columns = 'id integer PRIMARY KEY AUTOINCREMENT NOT NULL, timestamp bigint NOT NULL, name varchar NOT NULL';
    await host.database.query(`CREATE TABLE migrations (${columns})`);
    await host.database.query(`INSERT INTO migrations (timestamp, name) VALUES (1, 'Notes1700000000001')`);
    const refused = await restore('--replace');
    expect(refused).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/Notes1700000000001.*--ignore-migrations/s),
    });
    const { code, stdout } = await restore('--replace', '--ignore-migrations');
    expect({ code, stdout: stdout.toString() }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/warning: Migrations .* were ignored: Notes1700000000001/),
    });
    expect(await state()).toEqual(saved);
    expect(await host.database.query('SELECT name FROM migrations')).toEqual([{ name: 'Notes1700000000001' }]);
    const verify = ['verify', 'b.crypt', '--key-file', 'key', '--app', host.app];
    expect(await host.run([...verify, '--ignore-migrations'])).toMatchObject({ code: 2 });
    expect(await host.run([...verify, '--restore', '--ignore-migrations'])).toMatchObject({ code: 0 });
    await host.database.query('DROP TABLE migrations');
  });

  it('reads an archive from standard input', async () => {
    const args = ['restore', '-', '--app', host.app, '--key-file', 'key', '--replace'];
    const { code } = await host.run(args, { stdin: archive });
    expect(code).toBe(0);
    expect(await state()).toEqual(saved);
  });

  it.each([
    ['a wrong key', (bytes: Buffer) => bytes, '0'.repeat(64), /key is wrong/],
    ['a flipped bit', (bytes: Buffer) => bytes.fill(bytes[500]! ^ 1, 500, 501), AES_KEY, /damaged|wrong/],
    [
      'an archive that is cut off',
      (bytes: Buffer) => bytes.subarray(0, -20),
      AES_KEY,
      /truncated|damaged|wrong|missing/,
    ],
    ['something else', () => Buffer.from('not an archive'), AES_KEY, /shorter|begin/],
  ])('answers 4 to %s, and changes nothing', async (_, damage, key, message) => {
    writeFileSync(join(host.folder, 'b.crypt'), damage(Buffer.from(archive)));
    writeFileSync(join(host.folder, 'key'), key);
    for (const args of [
      ['restore', 'b.crypt', '--app', host.app, '--replace'],
      ['verify', 'b.crypt'],
      ['decrypt', 'b.crypt', '-o', 'out'],
    ]) {
      const { code, stderr } = await host.run([...args, '--key-file', 'key']);
      expect({ args, code, stderr }).toEqual({ args, code: 4, stderr: expect.stringMatching(message) });
    }
    expect(readdirSync(host.folder).filter((name) => name.startsWith('out'))).toEqual([]);
    expect(await state()).toEqual(old);
  });

  it('answers 4 to an encrypted archive without a key, and to a key for a plain one', async () => {
    const locked = await host.run(['verify', 'b.crypt']);
    expect(locked).toMatchObject({ code: 4, stderr: expect.stringMatching(/looks encrypted/) });
    await host.run(['decrypt', 'b.crypt', '--key-file', 'key', '-o', 'b.zip']);
    const plain = await host.run(['verify', 'b.zip', '--key-file', 'key']);
    expect(plain).toMatchObject({ code: 4, stderr: expect.stringMatching(/unencrypted ZIP/) });
    expect((await host.run(['verify', 'b.zip'])).code).toBe(0);
  });

  it('verifies and shows what is inside', async () => {
    const verified = await host.run(['verify', 'b.crypt', '--key-file', 'key', '--json']);
    expect(JSON.parse(verified.stdout.toString())).toMatchObject({ verified: true, complete: true });
    const shown = await host.run(['inspect', 'b.crypt', '--key-file', 'key']);
    expect(shown.stdout.toString()).toMatch(/note\s+3 rows[\s\S]*files\s+2 files\s+2 B/);
  });
});
