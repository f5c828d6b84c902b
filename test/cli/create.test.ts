import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import BetterSqlite3 from 'better-sqlite3';
import { readBackup } from '../fixtures/backup.js';
import { CliHost, MAIN } from '../fixtures/cli.js';
import { AES_KEY } from '../fixtures/secrets.js';

describe('nestjs-backup create', () => {
  let host: CliHost;
  const archives = () =>
    readdirSync(host.folder).filter((name) => name.includes('backup-2') || name.endsWith('partial'));

  beforeEach(async () => {
    host = await CliHost.make();
  });
  afterEach(() => host.remove());

  it('writes an archive under its own name, for nobody else to read', async () => {
    const { code, stdout } = await host.run(['create', '--app', host.app]);
    expect(code).toBe(0);
    const [name] = archives();
    expect(archives()).toEqual([expect.stringMatching(/^backup-\d{8}T\d{6}Z\.zip$/)]);
    expect(stdout.toString().trim().split('\n').at(-1)).toMatch(new RegExp(`${name}$`));
    expect(statSync(join(host.folder, name!)).mode & 0o777).toBe(0o600);
    const backup = await readBackup(readFileSync(join(host.folder, name!)));
    expect(backup.of('note').map(({ fields }) => fields.text)).toEqual(['one', 'two', 'three']);
    expect(backup.text['files/a.txt']).toBe('a');
  });

  it('writes the archive alone to stdout, whatever the host prints, and the result to stderr', async () => {
    const { code, stdout, stderr } = await host.run(['create', '--app', host.app, '-o', '-', '--json']);
    expect(code).toBe(0);
    const { manifest } = await readBackup(stdout);
    const said = stderr.split('\n').find((line) => line.startsWith('{'))!;
    expect(JSON.parse(said)).toMatchObject({ id: manifest.id, file: null, complete: true });
    expect(stderr).toContain('The host prints this to stdout.');
  });

  it('keeps what TypeORM logs out of its result', async () => {
    const env = { HOST_DATABASE: JSON.stringify({ ...host.database.options, logging: true }) };
    const { code, stdout, stderr } = await host.run(['create', '--app', host.app, '-o', 'b.zip', '--json'], { env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout.toString())).toMatchObject({ complete: true });
    expect(stderr).toMatch(/query:/);
  });

  it('waits for whoever reads its stdout', async () => {
    writeFileSync(join(host.files, 'large.bin'), randomBytes(1_000_000));
    // A pipe of the shell holds 64 KiB; one of Node's is a socket.
    const create = `"${process.execPath}" "${MAIN}" create --app "${host.app}" -o -`;
    const pipe = spawn('sh', ['-c', `${create} | (sleep 1.5; cat)`], {
      cwd: host.folder,
      env: { ...process.env, NODE_OPTIONS: '', ...host.environment },
    });
    const [archive, said] = await Promise.all([buffer(pipe.stdout), text(pipe.stderr)]);
    expect(said).toContain('complete');
    expect((await readBackup(archive)).names).toContain('files/large.bin');
  });

  it.each([
    ['the environment', () => ({ args: [], env: { BACKUP_AES_KEY: AES_KEY } })],
    ['a file', () => ({ args: ['--key-file', 'key.txt'], env: {} })],
  ])('encrypts with a key from %s, and decrypt gives the plain ZIP back', async (_, key) => {
    writeFileSync(join(host.folder, 'key.txt'), `${AES_KEY}\n`);
    const { args, env } = key() as { args: string[]; env: Record<string, string> };
    const created = await host.run(['create', '--app', host.app, '--encrypt', '-o', 'b.zip.crypt', ...args], { env });
    expect(created.code).toBe(0);
    expect(created.stderr).not.toContain('Warning');
    const decrypted = await host.run(['decrypt', 'b.zip.crypt', ...args], { env });
    expect(decrypted.code).toBe(0);
    expect((await readBackup(readFileSync(join(host.folder, 'b.zip')))).of('note')).toHaveLength(3);
  });

  it('warns of a key that is not used', async () => {
    const { code, stderr } = await host.run(['create', '--app', host.app], { env: { BACKUP_AES_KEY: AES_KEY } });
    expect(code).toBe(0);
    expect(stderr).toMatch(/Warning: an AES key was given without --encrypt/);
  });

  it.each([
    ['no --app', ['create'], /--app/],
    [
      'a key as an argument',
      ['create', '--app', 'APP', '--encrypt', '--key', AES_KEY],
      /every user of this machine can read arguments/,
    ],
    ['--encrypt without a key', ['create', '--app', 'APP', '--encrypt'], /needs an AES key.*BACKUP_AES_KEY/],
    ['an unknown flag', ['create', '--app', 'APP', '--fast'], /--fast/],
    ['an unknown command', ['destroy'], /destroy/],
    ['an --app that is not there', ['create', '--app', 'none.js'], /none\.js/],
    ['a key file that is not there', ['create', '--app', 'APP', '--encrypt', '--key-file', 'none'], /"none".*ENOENT/],
  ])('answers 2 to %s', async (_, args, message) => {
    const { code, stderr } = await host.run(args.map((arg) => (arg === 'APP' ? host.app : arg)));
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
    expect(stderr).not.toContain(AES_KEY);
    expect(archives()).toEqual([]);
  });

  it('overwrites nothing', async () => {
    writeFileSync(join(host.folder, 'mine.zip'), 'mine');
    const { code, stderr } = await host.run(['create', '--app', host.app, '-o', 'mine.zip']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('already exists') });
    expect(readFileSync(join(host.folder, 'mine.zip'), 'utf8')).toBe('mine');
    expect(archives()).toEqual([]);
  });

  it.each([
    ['a directory that is not there', 'none/b.zip', /there is no directory ".+\/none"\. Create it/],
    ['a directory', 'files', /".+\/files" is a directory\. Name a file in it/],
    ['a directory that is not there yet', 'none/', /names a directory, ".+\/none"\. Name a file in it/],
  ])('answers 2 to an output that names %s, before anything is made', async (_, output, message) => {
    const { code, stderr } = await host.run(['create', '--app', host.app, '-o', output]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
    expect(stderr).not.toContain('The host');
  });

  it.each(['none.zip.crypt', 'folder.crypt'])(
    'names an archive that cannot be decrypted since it is no file: %s',
    async (name) => {
      mkdirSync(join(host.folder, 'folder.crypt'));
      const { code, stderr } = await host.run(['decrypt', name], { env: { BACKUP_AES_KEY: AES_KEY } });
      const message = new RegExp(`^The archive cannot be used: "${name}" cannot be read .*Check the path`);
      expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringMatching(message) });
    },
  );

  it("refuses a database that has none of the application's tables: the right backups would be pruned for it", async () => {
    await host.database.query('DROP TABLE note');
    await host.database.query('CREATE TABLE stranger (id integer)');
    mkdirSync(join(host.folder, 'vault'));
    const env = { HOST_VAULTS: JSON.stringify({ vault: join(host.folder, 'vault') }) };
    const message = expect.stringMatching(
      /^The database ".+" does not have the application's only table, "note".*migrations first, or let TypeORM/m,
    );
    for (const place of [[], ['--to', 'vault']]) {
      const { code, stderr } = await host.run(['create', '--app', host.app, '--quiet', ...place], { env });
      expect({ code, stderr }).toEqual({ code: 3, stderr: message });
    }
    expect([...archives(), ...readdirSync(join(host.folder, 'vault'))]).toEqual([]);
  });

  it.each([[[]], [['--quiet']]])('says once that all tables are empty: %j', async (args) => {
    await host.database.query('DELETE FROM note');
    const { code, stderr } = await host.run(['create', '--app', host.app, '-o', 'b.zip', ...args]);
    expect(code).toBe(0);
    expect(stderr.match(/the only table is empty; is this the right database\?/g)).toHaveLength(1);
  });

  it('decrypts nothing that is not encrypted, and says so, with a key and without', async () => {
    expect(await host.run(['create', '--app', host.app, '-o', 'b.zip'])).toMatchObject({ code: 0 });
    const plain = readFileSync(join(host.folder, 'b.zip'));
    const says = { code: 4, stderr: expect.stringMatching(/not encrypted, so there is nothing to decrypt/) };
    const env = { BACKUP_AES_KEY: AES_KEY };
    expect(await host.run(['decrypt', 'b.zip'])).toMatchObject(says);
    expect(await host.run(['decrypt', 'b.zip', '-o', 'c.zip'], { env })).toMatchObject(says);
    expect(await host.run(['decrypt', '-', '-o', 'c.zip'], { env, stdin: plain })).toMatchObject(says);
  });

  it('saves the files of an application that has no entities, and says so even when quiet', async () => {
    const env = { HOST_ENTITIES: '[]' };
    const { code, stderr } = await host.run(['create', '--app', host.app, '--quiet', '-o', 'b.zip'], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('the application has no entities') });
    expect((await readBackup(readFileSync(join(host.folder, 'b.zip')))).names).toContain('files/a.txt');
  });

  it('writes nothing into a directory that it saves', async () => {
    const { code, stderr } = await host.run(['create', '--app', host.app, '-o', join(host.files, 'b.zip')]);
    const message = expect.stringContaining('the archive would be written to the data directory "files"');
    expect({ code, stderr }).toEqual({ code: 2, stderr: message });
    expect(readdirSync(host.files)).toEqual(['a.txt', 'b.txt']);
  });

  it('answers 3 while another backup holds the lock', async () => {
    const lock = new BetterSqlite3(`${host.databaseFile}.backup-lock`);
    lock.exec('BEGIN EXCLUSIVE');
    const { code, stderr } = await host.run(['create', '--app', host.app]);
    lock.close();
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('Another backup or restore') });
    expect(archives()).toEqual([]);
  });

  it('answers 5 and names the file that was left out', async () => {
    writeFileSync(join(host.files, 'back\\slash'), '');
    const { code, stdout } = await host.run(['create', '--app', host.app]);
    expect({ code, stdout: stdout.toString() }).toEqual({
      code: 5,
      stdout: expect.stringMatching(/left out of the backup: .*back\\slash/),
    });
  });

  it('answers 1 and leaves nothing when the disk does not take it', async () => {
    const { code, stderr } = await host.run(['create', '--app', host.app, '-o', '/proc/nowhere.zip']);
    const message = /^The archive could not be written: "\/proc\/nowhere.zip" cannot be written \(ENOENT\)/m;
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(message) });
    expect(archives()).toEqual([]);
  });
});
