import pg from 'pg';
import { DatabaseService } from '../../lib/database/database.service.js';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { describeEngine, type EngineName, type TestDatabase } from '../fixtures/databases.js';
import { blocks, placeOf } from '../fixtures/documentation.js';
import { untilUnlocked } from '../fixtures/wait.js';

const sql = blocks.filter(({ language }) => language === 'sql');
const role = `nestjs_backup_docs_${process.pid}`;

/** Each block begins with the engine that it is for. What is there to be found, and who asks: superusers see too much. */
const ENGINES: ReadonlyArray<{ title: string; name: EngineName; schema: string[] }> = [
  {
    title: 'PostgreSQL',
    name: 'postgres',
    schema: [
      'CREATE TABLE guarded (id int)',
      'ALTER TABLE guarded ENABLE ROW LEVEL SECURITY',
      `CREATE ROLE ${role} IN ROLE pg_monitor`,
    ],
  },
  { title: 'MariaDB', name: 'mariadb', schema: ['CREATE TABLE old (id int) ENGINE = MyISAM'] },
];

it('Every block of SQL in the documentation says for which engine it is', () => {
  const titles = ENGINES.map(({ title }) => `-- ${title}`);
  expect(sql.length).toBeGreaterThan(3);
  for (const { code } of sql) expect(titles).toContain(code.split('\n')[0]!.trim());
});

for (const { title, name, schema } of ENGINES) {
  describeEngine('SQL in the documentation', name, (engine) => {
    let database: TestDatabase;
    let app: BackupApp;
    const own = sql.filter(({ code }) => code.trim().startsWith(`-- ${title}\n`));

    beforeAll(async () => {
      database = await engine.create();
      for (const statement of ['CREATE TABLE t (id int PRIMARY KEY)', ...schema]) await database.query(statement);
      app = await backupApp(database, {}, { unmappedTables: 'include' });
    });
    afterAll(async () => {
      await app.close();
      await database.drop();
      if (name === 'postgres') await asked('postgres', `DROP ROLE ${role}`);
    });

    /** The rows of a statement, on PostgreSQL asked as the role. */
    async function asked(as: string, statement: string): Promise<object[]> {
      if (name !== 'postgres') return database.query(statement);
      const url = new URL(process.env.TEST_PG_URL!);
      if (as === role) url.pathname = new URL((database.options as { url: string }).url).pathname;
      const client = new pg.Client({ connectionString: url.href });
      await client.connect();
      try {
        if (as === role) await client.query(`SET ROLE ${role}`);
        return (await client.query(statement)).rows;
      } finally {
        await client.end();
      }
    }

    it.each(own.map((block) => [placeOf(block), block.code]))(
      'runs, and finds something while a backup is made: %s',
      async (_, code) => {
        const { stream } = await app.service.create();
        try {
          expect((await asked(role, code)).length).toBeGreaterThan(0);
        } finally {
          stream.destroy();
          await untilUnlocked(app.get(DatabaseService));
        }
      },
    );
  });
}
