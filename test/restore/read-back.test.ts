import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type RestoreOptions, RestoreService } from 'nestjs-backup';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { noteEntities } from '../fixtures/cli.js';
import { describeEachEngine, describeEngine, engine as engineOf, type TestDatabase } from '../fixtures/databases.js';
import { changeSessions, runWithin } from '../fixtures/restore-sessions.js';
import { fillZoo, zooEntities } from '../fixtures/zoo.entities.js';

const archiveOf = (app: BackupApp) => app.service.create().then(({ stream }) => buffer(stream));

const restoring = (app: BackupApp, archive: Buffer, options: RestoreOptions = {}) =>
  app.get(RestoreService).restore(Readable.from([archive]), { replace: true, ...options });

describeEachEngine('a restore that reads its rows back', (engine) => {
  let database: TestDatabase;
  let app: BackupApp;
  const open = (module = {}) => backupApp(database, { entities: zooEntities, synchronize: true }, module);

  beforeEach(async () => {
    database = await engine.create();
    app = await open();
    await fillZoo(app.dataSource);
  });
  afterEach(async () => {
    await app.close();
    await database.drop();
  });

  it('finds every type as it was backed up, and says so', async () => {
    const archive = await archiveOf(app);
    expect(await restoring(app, archive, { readBack: true })).toMatchObject({ readBack: true });
    expect(await restoring(app, archive, { readBack: true, dryRun: true })).toMatchObject({ readBack: true });
  });

  it('does not without being asked', async () => {
    expect(await restoring(app, await archiveOf(app))).toMatchObject({ readBack: false });
  });

  it.each([
    ['a value that was changed', (schema: string) => `UPDATE ${schema}keeper SET password = 'changed'`],
    ['a row that was added', (schema: string) => `INSERT INTO ${schema}tag (name) VALUES ('from a trigger')`],
    ['a row that was removed', (schema: string) => `DELETE FROM ${schema}keeper_tags_tag`],
  ])('is undone because of %s', async (_, statement) => {
    const sql = statement(engine.family === 'postgres' ? 'public.' : '');
    const archive = await archiveOf(app);
    const { lines } = await app.backUp();
    changeSessions(app, (session) => {
      const complete = session.complete.bind(session);
      session.complete = async (sequences) => {
        await complete(sequences);
        await runWithin(session, sql);
      };
    });
    await expect(restoring(app, archive, { readBack: true })).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringMatching(/table "(tag|keeper)/),
    });
    expect((await app.backUp()).lines).toEqual(lines);
  });

  it('reads back by itself where rows may have been changed', async () => {
    const archive = await archiveOf(app);
    changeSessions(app, (session) => Object.defineProperty(session, 'mayAlterRows', { value: true }));
    expect(await restoring(app, archive)).toMatchObject({ readBack: true });
  });
});

describeEngine('a restore beside an event trigger that changes rows', 'postgres', (engine) => {
  it('reads its rows back as they were, since the trigger is set aside', async () => {
    const database = await engine.create();
    const app = await backupApp(database, { entities: zooEntities, synchronize: true });
    try {
      await fillZoo(app.dataSource);
      const archive = await archiveOf(app);
      const { lines } = await app.backUp();
      await database.query(`CREATE FUNCTION shout() RETURNS event_trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF EXISTS (SELECT 1 FROM public.nestjs_backup_restore) THEN UPDATE public.keeper SET password = upper(password) || '!'; END IF;
        END $$`);
      await database.query('CREATE EVENT TRIGGER shout ON ddl_command_end EXECUTE FUNCTION shout()');
      expect(await restoring(app, archive, { readBack: true })).toMatchObject({ readBack: true });
      await database.query('DROP EVENT TRIGGER shout');
      expect((await app.backUp()).lines).toEqual(lines);
    } finally {
      await app.close();
      await database.drop();
    }
  });
});

describeEngine('a restore that translates', 'postgres', (engine) => {
  it('refuses to read back, since its rows are written in another way', async () => {
    const [database, other] = [await engine.create(), await engineOf('better-sqlite3').create()];
    const options = { entities: noteEntities, synchronize: true };
    const [app, source] = [await backupApp(database, options), await backupApp(other, options)];
    try {
      const archive = await archiveOf(source);
      await expect(restoring(app, archive, { translate: true, readBack: true })).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
        message: expect.stringContaining('--read-back'),
      });
      expect(await restoring(app, archive, { translate: true })).toMatchObject({ readBack: false });
    } finally {
      for (const one of [app, source]) await one.close();
      for (const one of [database, other]) await one.drop();
    }
  });
});
