import { Readable } from 'node:stream';
import { RestoreService } from 'nestjs-backup';
import { describeSomeEngines } from '../../fixtures/databases.js';
import { version } from '../../fixtures/versioned-host.js';
import { MIGRATE, versionsSuite } from './place.js';

const { place, versionOne } = versionsSuite();

describeSomeEngines('a restore test with migrations', 1, (engine) => {
  const testRestore = async (archive: Buffer, target: Awaited<ReturnType<typeof place>>) =>
    target.app.get(RestoreService).verify(Readable.from([archive]), { restore: true });

  it('of the application’s own version compares what came back', async () => {
    const { archive } = await versionOne(engine);
    const target = await place(engine);
    await target.start({ ...version(1), ...MIGRATE });
    const before = await target.state();
    expect(await testRestore(archive, target)).toMatchObject({ restoreTest: true });
    expect(await target.state()).toEqual(before);
  });

  it('of an older version migrates it, where a restore would', async () => {
    const { archive } = await versionOne(engine);
    const target = await place(engine);
    await target.start({ ...version(3), ...MIGRATE });
    const before = await target.state();
    const test = testRestore(archive, target);
    if (engine.family === 'mysql') await expect(test).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
    else expect(await test).toMatchObject({ restoreTest: true });
    expect(await target.state()).toEqual(before);
  });
});
