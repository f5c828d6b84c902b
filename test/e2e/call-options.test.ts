import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { BackupService, BackupStore, RestoreService } from 'nestjs-backup';
import { describeEachAdapter, type Host } from '../fixtures/host.js';
import { AES_KEY } from '../fixtures/secrets.js';

const refusal = (text: RegExp) => ({ code: 'WRONG_USAGE', message: expect.stringMatching(text) });

describeEachAdapter('What a call in code cannot honour', ({ start }) => {
  let host: Host;
  let file: string;
  const service = <Service>(token: abstract new (...args: never[]) => Service) =>
    host.app.get<Service>(token, { strict: false });
  beforeAll(async () => {
    host = await start();
    file = join(host.dataDir, '..', 'backup.zip');
    await writeFile(file, await buffer((await service(BackupService).create()).stream));
  });

  it('is refused before a backup is made: an archive would not be encrypted', async () => {
    const create = async (options: unknown) => (await service(BackupService).create(options as never)).stream.destroy();
    await expect(create({ aes_key: AES_KEY })).rejects.toMatchObject(
      refusal(/create\(\) has no option "aes_key".*Did you mean aesKey\?/),
    );
    await expect(create({ plaintext: 'false' })).rejects.toMatchObject(
      refusal(/"plaintext" of create\(\) is not a boolean/),
    );
    await expect(create(null)).rejects.toMatchObject(refusal(/not an object/));
    await expect(
      service(BackupStore).store({ destinations: ['vault'], recipient: 'age1' } as never),
    ).rejects.toMatchObject(refusal(/store\(\) has no option "recipient".*Did you mean recipients\?/));
  });

  it('is refused before an archive is opened: a dry run would be a restore', async () => {
    const restores = service(RestoreService);
    const dry = { replace: true, dryrun: true };
    await expect(restores.restore(file, dry as never)).rejects.toMatchObject(
      refusal(/restore\(\) has no option "dryrun".*Did you mean dryRun\? Known options: .*replace/),
    );
    await expect(restores.restore(file, { replace: 'false' as never })).rejects.toMatchObject(
      refusal(/"replace" of restore\(\) is not a boolean/),
    );
    await expect(restores.verify(file, { restored: true } as never)).rejects.toMatchObject(refusal(/verify\(\)/));
    await expect(restores.inspect(file, { key: AES_KEY } as never)).rejects.toMatchObject(refusal(/inspect\(\)/));
  });

  it('names no option that is internal', async () => {
    const error: Error = await service(RestoreService)
      .verify(file, { nothing: 1 } as never)
      .catch((reason) => reason);
    expect(error.message).not.toMatch(/onVerified|under/);
  });

  it('is not what a restore takes, when an archive is only read before it', async () => {
    const options = { aesKey: undefined, replace: true, skipFiles: true, dryRun: true };
    expect(await service(RestoreService).verify(file, options)).toMatchObject({ restoreTest: false });
    expect(await service(RestoreService).inspect(file, options)).toMatchObject({ complete: true });
  });

  it('is refused where the archive is none of what one can be read from', async () => {
    for (const source of [undefined, null, 5, {}, pathToFileURL(file), await readFile(file)]) {
      for (const call of ['restore', 'verify', 'inspect'] as const) {
        await expect(service(RestoreService)[call](source as never)).rejects.toMatchObject(refusal(/no path/));
      }
    }
  });

  it('is not what is undefined, or null for a switch', async () => {
    const options = { aesKey: undefined, signal: undefined, plaintext: null };
    (await service(BackupService).create(options as never)).stream.destroy();
  });
});
