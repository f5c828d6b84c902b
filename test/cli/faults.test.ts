import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import BetterSqlite3 from 'better-sqlite3';
import { readBackup } from '../fixtures/backup.js';
import { CliHost } from '../fixtures/cli.js';
import { describeEngine, type EngineName, offered } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';
import { plant } from '../fixtures/files.js';
import { mount, mountProblem, unmountAll } from '../fixtures/mounts.js';
import { PROCESSLIST } from '../fixtures/mysql-processlist.js';
import { sampled } from '../fixtures/streams.js';
import { itUnless } from '../fixtures/unless.js';
import { until } from '../fixtures/wait.js';

const onMounts = itUnless(mountProblem('-t', 'tmpfs', 'tmpfs'));
const FOLDING = new URL('../fixtures/folding-fs.mjs', import.meta.url).href;
const ROWS = 20_000;
/** Spools that get full, each at a random moment. */
const SPOOLS = process.env.TEST_LONG ? 20 : 1;

const ENGINES: readonly EngineName[] = ['postgres', 'mariadb', 'mysql', 'better-sqlite3'];

describe.each(everyday(offered(ENGINES), 1))('%s', (name) => {
  describeEngine('A restore by the command line changes nothing', name, (engine) => {
    let host: CliHost;

    beforeAll(async () => {
      host = await CliHost.make(engine);
      await fillNotes();
      writeFileSync(join(host.files, 'large.bin'), randomBytes(400_000));
      expect(await host.run(['create', '--app', host.app, '-o', 'b.zip'])).toMatchObject({ code: 0 });
      await host.database.query(`UPDATE note SET text = 'mine' WHERE id % 2 = 0`);
      writeFileSync(join(host.files, 'mine.txt'), 'mine');
    });
    afterEach(unmountAll);
    afterAll(() => host.remove());

    /** Rows enough that a restore takes a moment to load them. */
    async function fillNotes(): Promise<void> {
      for (let row = 0; row < ROWS; row += 2000) {
        const values = Array.from({ length: 2000 }, () => `('${randomBytes(250).toString('hex')}')`);
        await host.database.query(`INSERT INTO note (text) VALUES ${values.join(', ')}`);
      }
    }

    /** A data directory of its own, with a file in it, on a filesystem in memory. */
    function mountFiles(...options: string[]): string {
      const path = join(host.folder, 'mounted');
      mount(path, '-t', 'tmpfs', 'tmpfs', ...options);
      writeFileSync(join(path, 'mine.txt'), 'mine');
      return path;
    }

    /** Runs a restore, which must fail in this way and leave everything as it was. */
    async function expectUnchanged(
      expected: { code: number; says: RegExp },
      { env = {}, meanwhile = async () => {}, args = ['b.zip'], stdin }: Fault = {},
    ): Promise<void> {
      const files = env.HOST_FILES ?? host.files;
      const before = await host.state(files);
      const restoring = host.run(['restore', ...args, '--app', host.app, '--replace'], { env, stdin });
      await Promise.race([meanwhile(), restoring]);
      const { code, stderr } = await restoring;
      expect({ code, stderr }).toEqual({ code: expected.code, stderr: expect.stringMatching(expected.says) });
      expect(await host.state(files)).toEqual(before);
    }
    interface Fault {
      env?: Record<string, string>;
      meanwhile?: () => Promise<unknown>;
      args?: string[];
      stdin?: Buffer;
    }

    onMounts('on a disk that has no room for it', async () => {
      const files = mountFiles('-o', 'size=256k');
      await expectUnchanged(
        { code: 3, says: /take 400002 bytes, .* room for only 2\d+/ },
        { env: { HOST_FILES: files } },
      );
    });

    onMounts('on a disk that gets full, because nobody looked', async () => {
      const env = { HOST_FILES: mountFiles('-o', 'size=256k'), HOST_LIMITS: '{"expandedBytes":1000000000}' };
      await expectUnchanged({ code: 1, says: /files\/large\.bin.*ENOSPC/ }, { env });
    });

    onMounts('in a read-only data directory', async () => {
      const files = mountFiles();
      execFileSync('mount', ['-o', 'remount,ro', files]);
      await expectUnchanged(
        { code: 3, says: /"files" cannot be written to \(EROFS\)/ },
        { env: { HOST_FILES: files } },
      );
    });

    it('while another backup runs', async () => {
      const backup = host.spawn(['create', '--app', host.app, '-o', '-']);
      await once(backup.stdout, 'readable'); // It holds the lock, and its archive is not read any further.
      await expectUnchanged({ code: 3, says: /Another backup or restore of this database is running/ });
      const [archive] = await Promise.all([buffer(backup.stdout), once(backup, 'exit')]);
      expect((await readBackup(archive)).of('note')).toHaveLength(ROWS + 3);
    });

    if (engine.family === 'sqlite') describeFile();
    else describeServer();

    function describeServer(): void {
      const { loading, kill } = {
        postgres: {
          loading: `SELECT pid AS id FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY%'`,
          kill: (id: string) => `SELECT pg_terminate_backend(${id})`,
        },
        mysql: {
          loading: `SELECT id AS id FROM ${PROCESSLIST} WHERE db = DATABASE() AND info LIKE 'INSERT%'`,
          kill: (id: string) => `KILL ${id}`,
        },
      }[engine.family as 'postgres' | 'mysql'];

      it('when its connection is killed while it loads rows', async () => {
        let id: string | undefined;
        const meanwhile = async () => {
          await until(
            'rows are loaded',
            async () => {
              [{ id } = { id: undefined }] = await host.database.query(loading);
              return id !== undefined;
            },
            20_000,
          );
          await host.database.query(kill(id!));
        };
        await expectUnchanged({ code: 1, says: /connection/ }, { meanwhile });
        expect(id).toBeDefined();
      });

      it('when there is no such database', async () => {
        const { url, ...options } = host.database.options as { url: string };
        const gone = JSON.stringify({ ...options, url: `${url}_gone` });
        await expectUnchanged({ code: 1, says: /_gone/ }, { env: { HOST_DATABASE: gone } });
      });

      it('when no server answers', async () => {
        const gone = JSON.stringify({ ...host.database.options, url: undefined, port: 9, host: '127.0.0.1' });
        await expectUnchanged({ code: 1, says: /ECONNREFUSED/ }, { env: { HOST_DATABASE: gone } });
      });
    }

    function describeFile(): void {
      it('when the application keeps its database locked', async () => {
        const application = new BetterSqlite3(host.databaseFile);
        application.exec('BEGIN IMMEDIATE');
        await expectUnchanged({ code: 1, says: /locked/ });
        application.close();
      });

      it('when the database is none', async () => {
        const file = join(host.folder, 'none.sqlite');
        writeFileSync(file, 'no database, but long enough to be looked into'.repeat(100));
        const none = JSON.stringify({ ...host.database.options, database: file });
        await expectUnchanged({ code: 1, says: /not a database/ }, { env: { HOST_DATABASE: none } });
      });

      it.each([
        ['differ only in case', ['Folder/x', 'folder/y'], /differs from it only in case/],
        ['are those of devices', ['aux.txt'], /cannot hold "aux\.txt": this filesystem does not accept it/],
      ])('on a filesystem that cannot hold names that %s', async (_, names, says) => {
        const [saved, files] = ['saved', 'folding'].map((folder) => join(host.folder, folder));
        plant(saved!, Object.fromEntries(names.map((file) => [file, file])));
        plant(files!, { 'mine.txt': 'mine' });
        const create = ['create', '--app', host.app, '-o', 'odd.zip'];
        expect(await host.run(create, { env: { HOST_FILES: saved! } })).toMatchObject({ code: 0 });
        const env = { NODE_OPTIONS: `--import ${FOLDING}`, FOLDED_BELOW: files!, HOST_FILES: files! };
        await expectUnchanged({ code: 3, says }, { env, args: ['odd.zip'] });
        for (const left of [saved!, join(host.folder, 'odd.zip')]) rmSync(left, { recursive: true });
      });

      onMounts('when the disk of the database is full', async () => {
        const folder = join(host.folder, 'small');
        const file = join(folder, 'db.sqlite');
        mount(folder, '-t', 'tmpfs', 'tmpfs', '-o', 'size=3m');
        const small = new BetterSqlite3(file);
        small.exec(`CREATE TABLE note (id integer PRIMARY KEY AUTOINCREMENT NOT NULL, text text NOT NULL);
          INSERT INTO note (text) VALUES ('mine')`);
        small.close();
        const database = JSON.stringify({ ...host.database.options, database: file });
        await expectUnchanged({ code: 1, says: /full/ }, { env: { HOST_DATABASE: database } });
      });

      onMounts(
        'when the disk that an archive from standard input is kept on is full',
        async () => {
          const folder = join(host.folder, 'tmp');
          await sampled(SPOOLS, async (chance) => {
            mount(folder, '-t', 'tmpfs', 'tmpfs', '-o', `size=${chance.between(1, 700) * 4096}`);
            await expectUnchanged(
              { code: 1, says: /ENOSPC/ },
              { env: { TMPDIR: folder }, args: ['-'], stdin: randomBytes(3_000_000) },
            );
            expect(readdirSync(folder)).toEqual([]);
            unmountAll();
          });
        },
        60_000 + SPOOLS * 10_000,
      );
    }
  });
});
