import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { CliHost } from '../fixtures/cli.js';
import { IMPORTS, plantApp } from '../fixtures/cli-app.js';
import { describeEngine, type EngineName } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';

// Each start of the host takes seconds on a busy machine.
jest.setTimeout(300_000);

/** An archive holds microseconds, a file system more. */
const timeless = (files: string) => files.replaceAll(/ \d{10,}(\.\d+)? /g, ' ');

/** It seeds, serves and schedules; half of it is broken, and it never ends by itself. */
const LIVELY = `${IMPORTS}
  const does = (what) => appendFileSync(process.env.LIFE, what + '\\n');
  const HOOKS = ['onModuleInit', 'onApplicationBootstrap', 'onModuleDestroy', 'beforeApplicationShutdown', 'onApplicationShutdown'];
  class Lively { constructor() { does('constructor'); } }
  export class AppModule { configure() { does('configure'); } }
  for (const hook of HOOKS) for (const one of [Lively, AppModule]) one.prototype[hook] = () => { does(hook); throw new Error('its table is missing'); };
  const settings = { provide: 'SETTINGS', useFactory: async () => { does('factory'); throw new Error('its table is missing'); } };
  Module({ imports: [Host], providers: [Lively, settings] })(AppModule);
  setInterval(() => {}, 1000);
`;

/** The options of its backups need a provider that needs the HTTP adapter, and others in a circle. */
const WIRED = `${IMPORTS}
  import { forwardRef } from '@nestjs/common';
  class Serves { constructor(host) { this.type = host.httpAdapter.getType(); } }
  Inject(HttpAdapterHost)(Serves, undefined, 0);
  class One { constructor(two) { this.two = two; } }
  class Two { constructor(one) { this.one = one; } }
  Inject(forwardRef(() => Two))(One, undefined, 0);
  Inject(forwardRef(() => One))(Two, undefined, 0);
  class Parts {}
  Module({ providers: [Serves, One, Two], exports: [Serves, One] })(Parts);
  export class AppModule {}
  const entities = JSON.parse(process.env.HOST_ENTITIES).map((options) => new EntitySchema(options));
  const useFactory = (serves, one) => ({ appVersion: serves.type + (one.two.one === one), dataDirs: { files: process.env.HOST_FILES } });
  Module({ imports: [
    TypeOrmModule.forRootAsync({ useFactory: async () => ({ entities, ...JSON.parse(process.env.HOST_DATABASE) }) }),
    BackupModule.forRootAsync({ imports: [Parts], inject: [Serves, One], useFactory }),
  ] })(AppModule);
`;

describe('An application under the command line', () => {
  let host: CliHost;
  let env: Record<string, string>;
  const run = (...args: string[]) => host.run([...args, '--app', 'app.module.mjs'], { env });
  const life = () => (existsSync(env.LIFE!) ? readFileSync(env.LIFE!, 'utf8') : '');

  beforeAll(async () => {
    host = await CliHost.make();
    mkdirSync(join(host.folder, 'vault'));
    env = { LIFE: join(host.folder, 'life'), HOST_VAULTS: JSON.stringify({ vault: join(host.folder, 'vault') }) };
  });
  afterAll(() => host.remove());

  it('is not alive: none of its hooks is called, nothing of it made, and the command ends when its work is done', async () => {
    plantApp(host, { 'app.module.mjs': LIVELY });
    const { database, files } = await host.state();
    expect(await run('create', '--to', 'vault', '--quiet')).toMatchObject({ code: 0, stderr: '' });
    for (const command of [['list'], ['verify', 'vault:latest'], ['inspect', 'vault:latest']]) {
      expect(await run(...command)).toMatchObject({ code: 0 });
    }
    await host.database.query('DELETE FROM note');
    expect(await run('restore', 'vault:latest', '--replace')).toMatchObject({ code: 0 });
    const restored = await host.state();
    expect(restored.database).toEqual(database);
    expect(timeless(restored.files)).toBe(timeless(files));
    expect(life()).toBe('');
  });

  it('is made as far as its backups need it: its providers, with the HTTP adapter, and those in a circle', async () => {
    plantApp(host, { 'app.module.mjs': WIRED });
    const { code, stdout, stderr } = await run('create', '-o', 'wired.zip');
    expect({ code, stdout: String(stdout), stderr }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('version expresstrue'),
    });
  });
});

const MIGRATION = `
  export class Later1700000000000 {
    async up(runner) { await runner.query('CREATE TABLE later (id integer)'); }
    async down(runner) { await runner.query('DROP TABLE later'); }
  }
`;
const ENGINES: readonly EngineName[] = ['postgres', 'mariadb', 'better-sqlite3'];

describe.each(everyday(ENGINES, 2))('%s', (name) => {
  describeEngine('The schema of a live database', name, (engine) => {
    let host: CliHost;
    let env: Record<string, string>;
    const run = (...args: string[]) => host.run([...args, '--app', host.app], { env });

    beforeEach(async () => {
      host = await CliHost.make(engine);
      env = {};
    });
    afterEach(() => host.remove());
    const configure = (options: object) => {
      env.HOST_DATABASE = JSON.stringify({ ...host.database.options, ...options });
    };

    it('stays as it is, whatever the options of the DataSource say, and pending migrations are named', async () => {
      plantApp(host, { 'later.mjs': MIGRATION });
      await host.database.query('ALTER TABLE note ADD COLUMN extra varchar(20)');
      const { database, files } = await host.state();
      configure({
        dropSchema: true,
        synchronize: true,
        migrationsRun: true,
        migrations: [join(host.folder, 'later.mjs')],
      });
      const pending = expect.stringMatching(/1 migration has not been run on this database: Later1700000000000\./);
      expect(await run('create', '-o', 'b.zip')).toMatchObject({ code: 0, stderr: pending });
      expect(await host.state()).toEqual({ database, files });
      const dry = await run('restore', 'b.zip', '--replace', '--dry-run');
      expect(dry).toMatchObject({ code: 0, stderr: pending });
      expect(await host.state()).toEqual({ database, files });
      // Where the schema beside it is made by migrations, these do not make it.
      expect(await run('verify', 'b.zip', '--restore')).toMatchObject({ stderr: pending });
      expect(await host.state()).toEqual({ database, files });
    });

    it('is made by a restore where there is none, as the option synchronize makes it; by a dry run it is not', async () => {
      expect(await run('create', '-o', 'b.zip')).toMatchObject({ code: 0 });
      const saved = await host.state();
      const other = await CliHost.make(engine);
      try {
        await other.database.query('DROP TABLE note');
        for (const file of ['a.txt', 'b.txt']) rmSync(join(other.files, file));
        const empty = await other.state();
        const restore = (...args: string[]) =>
          other.run(['restore', join(host.folder, 'b.zip'), '--app', other.app, ...args]);
        expect(await restore('--dry-run')).toMatchObject({ code: 0 });
        expect(await other.state()).toEqual(empty);
        await expect(other.database.query('SELECT * FROM nestjs_backup_restore')).rejects.toBeDefined();
        expect(await restore()).toMatchObject({ code: 0 });
        expect(timeless((await other.state()).files)).toBe(timeless(saved.files));
        const notes = await other.database.query('SELECT text FROM note ORDER BY id');
        expect(notes.map(({ text }) => text)).toEqual(['one', 'two', 'three']);
      } finally {
        await other.remove();
      }
    });
  });
});
