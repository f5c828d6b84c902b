import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type CliAnswer, CliHost } from '../fixtures/cli.js';
import { AES_KEY, secret } from '../fixtures/secrets.js';
import { itUnless, onlyInLongRuns } from '../fixtures/unless.js';

/** Each of these starts the host several times. */
const inLongRuns = itUnless(onlyInLongRuns);

// Each start of the host takes seconds on a busy machine.
jest.setTimeout(90_000);

describe('Destinations on the command line', () => {
  let host: CliHost;
  let env: Record<string, string>;
  const vault = (...names: string[]) => join(host.folder, 'vault', ...names);
  const run = (...args: string[]) => host.run([...args, '--app', host.app], { env });
  const json = ({ stdout }: CliAnswer) => JSON.parse(stdout.toString());
  const create = async (...args: string[]) =>
    json(await run('create', '--to', 'vault', '--json', ...args)).id as string;
  const archives = () => readdirSync(vault()).filter((name) => name.endsWith('.zip'));

  beforeEach(async () => {
    host = await CliHost.make();
    for (const name of ['vault', 'second']) mkdirSync(join(host.folder, name));
    env = { HOST_VAULTS: JSON.stringify({ vault: vault(), second: join(host.folder, 'second') }) };
  });
  afterEach(() => host.remove());

  it('create --to stores in each, list shows it, restore finds it there', async () => {
    const { database } = await host.state();
    const created = await run('create', '--to', 'vault', '--to', 'second');
    expect(created.code).toBe(0);
    expect(String(created.stdout)).toMatch(/^vault: backup-.*\.zip \(\S+ kB\)\nsecond: backup-.*\.zip \(\S+ kB\)$/m);
    expect(readdirSync(vault())).toEqual(readdirSync(join(host.folder, 'second')));
    const listed = await run('list', '--json');
    expect(json(listed)).toMatchObject([
      { destination: 'vault', result: 'success', encrypted: false },
      { destination: 'second', result: 'success' },
    ]);
    const { id } = json(listed)[0];

    await host.database.query('DELETE FROM note');
    rmSync(join(host.files, 'a.txt'));
    expect(await run('restore', `vault:${id}`, '--replace')).toMatchObject({ code: 0 });
    expect((await host.state()).database).toEqual(database);
    expect(readdirSync(host.files)).toEqual(['a.txt', 'b.txt']);
  });

  it('verify --restore brings it back beside the application, and list tells of it', async () => {
    const id = await create();
    const before = await host.state();
    const verified = await run('verify', 'vault:latest', '--restore', '--json');
    expect(json(verified)).toMatchObject({ id, verified: true, restoreTest: true });
    expect(await host.state()).toEqual(before);
    expect(readdirSync(host.folder).toSorted()).toEqual(['files', 'second', 'vault']);
    expect(json(await run('list', '--from', 'vault', '--json'))[0].testedAt).toMatch(/Z$/);
    const file = vault(archives()[0]!);
    expect(await host.run(['verify', file, '--restore'])).toMatchObject({ code: 2, stderr: /Name it with --app/ });
    expect(await run('verify', file, '--scratch', host.folder)).toMatchObject({ code: 2 });
  });

  inLongRuns('list is a table for people, inspect shows a manifest', async () => {
    const id = await create('--to', 'second');
    const people = String((await run('list', '--from', 'second')).stdout);
    const [titles, row] = people.split('\n');
    expect(titles).toMatch(/^BACKUP {34,}  MADE {21}  RESULT +SIZE  ENCRYPTED  ROWS  FILES  VERSION  REMARKS$/);
    expect(row).toMatch(new RegExp(`^second:${id}  \\S+Z  success  \\S+ kB  no            3      2  \\S+$`));
    expect(row!.indexOf('no')).toBe(titles!.indexOf('ENCRYPTED'));
    expect(json(await run('inspect', 'second:latest', '--json'))).toMatchObject({ id, complete: true });
    expect(json(await run('verify', `second:${id}`, '--json'))).toMatchObject({ id, verified: true });
  });

  inLongRuns('encrypts, and needs the key to bring it back', async () => {
    env.BACKUP_AES_KEY = AES_KEY;
    const id = await create('--encrypt');
    expect(await run('restore', `vault:${id}`, '--replace')).toMatchObject({ code: 0 });
    delete env.BACKUP_AES_KEY;
    expect(await run('restore', `vault:${id}`, '--replace')).toMatchObject({ code: 4 });
    expect(json(await run('list', '--from', 'vault', '--json'))).toMatchObject([{ id, encrypted: true }]);
  });

  inLongRuns('a file that is there wins over a destination, and ./ means a file', async () => {
    const id = await create();
    const other = await host.run(['create', '--app', host.app, '-o', 'other.zip', '--json']);
    const file = `vault:${id}`;
    copyFileSync(join(host.folder, 'other.zip'), join(host.folder, file));
    expect(json(await host.run(['inspect', file, '--json']))).toMatchObject({ id: json(other).id });
    expect(json(await host.run(['verify', `./${file}`, '--json']))).toMatchObject({ id: json(other).id });
    rmSync(join(host.folder, file));
    expect(json(await run('inspect', file, '--json'))).toMatchObject({ id });
    const missing = await run('inspect', `./${file}`);
    expect(missing).toMatchObject({ code: 4, stderr: expect.stringContaining('ENOENT') });
  });

  inLongRuns.each([
    ['an unknown destination', ['create', '--to', 'nowhere'], /no destination "nowhere".*"vault", "second"/],
    ['an unknown destination to list', ['list', '--from', 'nowhere'], /no destination "nowhere"/],
    ['an unknown destination to restore', ['restore', 'nowhere:latest'], /no destination "nowhere"/],
    ['--to with -o', ['create', '--to', 'vault', '-o', 'x.zip'], /--to and --output/],
  ])('answers 2 to %s', async (_what, args, message) => {
    const { code, stderr } = await run(...args);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
  });

  inLongRuns.each(['verify', 'inspect'])('%s of a destination needs --app, and says so', async (command) => {
    const { code, stderr } = await host.run([command, 'vault:latest'], { env });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/--app, or write \.\/vault:latest/) });
  });

  inLongRuns('answers 4 to a backup that is not there, or is damaged', async () => {
    await create();
    const none = await run('restore', 'vault:00000000-0000-4000-8000-000000000000', '--replace');
    expect(none).toMatchObject({ code: 4, stderr: expect.stringContaining('has no backup') });
    writeFileSync(vault(archives()[0]!), 'cut');
    expect(await run('verify', 'vault:latest')).toMatchObject({ code: 4 });
    const { code, stdout } = await run('list');
    expect({ code, stdout: String(stdout) }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/failed .*has 3 bytes/),
    });
  });

  it('answers 1 when a destination does not take it, and says which', async () => {
    // A directory that takes no files, whoever asks.
    env.HOST_VAULTS = JSON.stringify({ vault: vault(), second: '/proc/self/task' });
    const created = await run('create', '--to', 'second', '--to', 'vault');
    expect({ code: created.code, stdout: String(created.stdout) }).toEqual({
      code: 1,
      stdout: expect.stringMatching(/^second: FAILED: .*\nvault: backup-/m),
    });
    expect(archives()).toHaveLength(1);
  });

  inLongRuns('answers 1 when no destination takes it, or one is not there', async () => {
    env.HOST_VAULTS = JSON.stringify({ second: '/proc/self/task' });
    expect(await run('create', '--to', 'second')).toMatchObject({ code: 1 });
    env.HOST_VAULTS = JSON.stringify({ second: '/nowhere' });
    const refused = await run('create', '--to', 'second');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('destinations.second') });
  });

  inLongRuns('answers 5 when a file was left out', async () => {
    writeFileSync(join(host.files, 'back\\slash'), '');
    expect(await run('create', '--to', 'vault')).toMatchObject({ code: 5 });
    expect(readdirSync(vault())).toHaveLength(2);
  });

  it('prune shows what stays, what goes and why, and does it', async () => {
    env.HOST_RETENTION_KEY = secret('what only the application knows');
    const first = await create();
    const second = await create();
    env.HOST_RETENTION = '{"last":1}';
    const tried = String((await run('prune', '--dry-run', '--from', 'vault')).stdout);
    expect(tried).toMatch(/^vault: 1 kept, 1 would be deleted \(\S+ kB\)$/m);
    expect(tried).toMatch(new RegExp(`^  keep    ${second} .* newest good backup, one of the last 1$`, 'm'));
    expect(tried).toMatch(new RegExp(`^  delete  ${first} .* no rule keeps it$`, 'm'));
    expect(archives()).toHaveLength(2);
    const pruned = await run('prune', '--json');
    expect(json(pruned)).toMatchObject([
      {
        destination: 'vault',
        deleted: [first],
        backups: [
          { id: second, keep: true },
          { id: first, keep: false },
        ],
      },
      { destination: 'second', deleted: [], backups: [] },
    ]);
    expect({ code: pruned.code, left: archives() }).toEqual({ code: 0, left: [expect.stringContaining(second)] });
  });

  inLongRuns('prune answers 2 without a policy, and with one that it does not understand', async () => {
    expect(await run('prune')).toMatchObject({ code: 2, stderr: expect.stringContaining('retention') });
    env.HOST_RETENTION = '{"lasst":1}';
    expect(await run('prune')).toMatchObject({ code: 1, stderr: expect.stringContaining('retention.lasst') });
  });
});
