import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CliHost } from '../fixtures/cli.js';
import { describeEngine } from '../fixtures/databases.js';

describeEngine('nestjs-backup restore --translate', 'postgres', (postgres) => {
  let from: CliHost;
  let to: CliHost;
  let archive: string;

  beforeAll(async () => {
    from = await CliHost.make();
    to = await CliHost.make(postgres);
    archive = join(from.folder, 'b.zip');
    expect((await from.run(['create', '--app', from.app, '-o', archive])).code).toBe(0);
  });
  beforeEach(async () => {
    await to.database.query(`TRUNCATE note RESTART IDENTITY`);
    await to.database.query(`INSERT INTO note (text) VALUES ('mine')`);
  });
  afterAll(async () => {
    await from.remove();
    await to.remove();
  });

  const restore = (...args: string[]) => to.run(['restore', archive, '--app', to.app, '--replace', ...args]);
  const notes = async () => (await to.database.query('SELECT text FROM note ORDER BY id')).map(({ text }) => text);

  it('refuses another engine without it, and names it', async () => {
    const { code, stderr } = await restore();
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('--translate') });
  });

  it('prints the plan alone in a dry run, for people and as JSON', async () => {
    const { code, stdout } = await restore('--translate', '--dry-run');
    expect(code).toBe(0);
    expect(stdout.toString()).toBe(
      [
        'From better-sqlite3 to postgres:',
        '  note: 3 rows',
        '    id: INTEGER → integer: as it is',
        '    text: TEXT → text: as it is',
        'Everything can be converted.',
        '  would replace:',
        '    table note: 1 row',
        '    directory files: 2 files (2 B)',
        '',
      ].join('\n'),
    );
    const asJson = await restore('--translate', '--dry-run', '--json');
    expect(JSON.parse(asJson.stdout.toString())).toMatchObject({
      dryRun: true,
      translation: { from: 'better-sqlite3', to: 'postgres', tables: [{ name: 'note', rows: 3 }], problems: [] },
    });
    expect(await notes()).toEqual(['mine']);
  });

  it('answers 3 for a plan with values that cannot be carried, and names them', async () => {
    await to.database.query('ALTER TABLE note ALTER COLUMN text TYPE varchar(4)');
    await from.database.query(`UPDATE note SET text = 'much longer' WHERE id = 2`);
    const long = join(from.folder, 'long.zip');
    await from.run(['create', '--app', from.app, '-o', long]);
    const run = (...args: string[]) =>
      to.run(['restore', long, '--app', to.app, '--replace', '--translate', ...args], {
        // TypeORM would make the column what the entity says.
        env: { HOST_DATABASE: JSON.stringify({ ...to.database.options, synchronize: false }) },
      });
    const dry = await run('--dry-run');
    const wet = await run();
    await to.database.query('ALTER TABLE note ALTER COLUMN text TYPE text');
    expect({ code: dry.code, stdout: dry.stdout.toString() }).toEqual({
      code: 3,
      stdout: expect.stringMatching(
        /column "text": values that .*4 characters.*: 2 \(id 2; id 3\)\.\nNothing would be/s,
      ),
    });
    expect({ code: wet.code, stderr: wet.stderr }).toEqual({
      code: 3,
      stderr: expect.stringMatching(/column "text": values that .*: 2 \(id 2; id 3\)\. Fix/),
    });
    expect(await notes()).toEqual(['mine']);
  });

  it('brings rows, counters and files', async () => {
    const { code } = await restore('--translate');
    expect(code).toBe(0);
    expect(await notes()).toEqual(['one', 'two', 'three']);
    expect(readdirSync(to.files)).toEqual(['a.txt', 'b.txt']);
    const [{ id }] = (await to.database.query(`INSERT INTO note (text) VALUES ('four') RETURNING id`)) as [
      { id: number },
    ];
    expect(id).toBe(4);
  });
});
