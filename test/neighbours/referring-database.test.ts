import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { describeMysqlEngines, type TestDatabase } from '../fixtures/databases.js';
import { letInto, nameOf } from '../fixtures/mysql-users.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { Scene } from './scene.js';

describeMysqlEngines('Rows of another database that refer to the tables of a restore', (engine) => {
  let scene: Scene;
  let other: TestDatabase;
  beforeEach(async () => {
    scene = await Scene.set(engine, 'directly', []);
    other = await engine.create();
    await letInto(other, scene.database);
    await other.query(`CREATE TABLE visits (id INT AUTO_INCREMENT PRIMARY KEY, animal INT,
      FOREIGN KEY (animal) REFERENCES \`${nameOf(scene.database)}\`.animal (id))`);
    await other.query('INSERT INTO visits (animal) VALUES (3), (1)');
  });
  afterEach(async () => {
    await other.drop();
    await scene.end();
  });

  it('refuse it, and both databases stay as they were, until the rows are gone', async () => {
    const archive = await buffer((await scene.app.service.create({ aesKey: AES_KEY })).stream);
    await scene.app.dataSource.query(`UPDATE animal SET name = 'somebody'`);
    const changed = await scene.content();
    const restore = () =>
      scene.app.get(RestoreService).restore(Readable.from([archive]), { replace: true, aesKey: AES_KEY });
    await expect(restore()).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringContaining('visits'),
    });
    expect(await scene.content()).toEqual(changed);
    expect(await other.query('SELECT animal FROM visits ORDER BY id')).toEqual([{ animal: 3 }, { animal: 1 }]);

    await other.query('DELETE FROM visits');
    await restore();
    expect(await scene.app.dataSource.query('SELECT name FROM animal ORDER BY id')).toEqual([
      { name: 'Tom' },
      { name: 'Spike' },
      { name: 'Jerry' },
    ]);
  });
});
