import { rmSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { CryptoService } from '../../lib/crypto/crypto.service.js';
import { readBackup } from '../fixtures/backup.js';
import { describeEngine, type Engine, sampledEngines } from '../fixtures/databases.js';
import { MARK, type Neighbour, neighbours, someOf } from '../fixtures/neighbours/index.js';
import { expectWhole, movingFiles } from '../fixtures/neighbours/moving-files.js';
import { type Way, waysOf } from '../fixtures/neighbours/ways-in.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { Chance } from '../fixtures/streams.js';
import { Scene } from './scene.js';

const { TEST_LONG, TEST_SEED } = process.env;
const seed = Number(TEST_SEED || Date.now() % 2 ** 31);
const chance = new Chance(seed);
/** How many there are in the everyday run. */
const SOME = 3;
const KEY = Buffer.from(AES_KEY, 'hex');
const ROUND_TRIP_MS = 240_000;

interface Company {
  readonly way: Way;
  readonly some: readonly Neighbour[];
}

/** The long run has each of them alone, and all at once on every way in. */
function companiesOf(engine: Engine): Company[] {
  const possible = neighbours.filter((one) => one.exists(engine));
  const ways = waysOf(engine);
  if (!TEST_LONG) return [{ way: chance.of(ways), some: someOf(possible, SOME, chance) }];
  return [
    ...possible.map((one) => ({ way: chance.of(ways), some: [one] })),
    ...ways.map((way) => ({ way, some: possible })),
  ];
}

describe.each(sampledEngines().map((engine) => [engine.name, engine] as const))('%s', (_, engine) => {
  describeEngine(`An application that is not alone (TEST_SEED=${seed})`, engine, () => {
    it.each(companiesOf(engine).map(({ way, some }) => [way, some.map(({ name }) => name).join('; '), some] as const))(
      '%s: is backed up and restored exactly, beside %s',
      async (way, __, some) => {
        const scene = await Scene.set(engine, way, some);
        try {
          await roundTrip(scene, some.includes(movingFiles));
        } catch (error) {
          await scene.end().catch((harm: Error) => ((error as Error).message += `\nAnd: ${harm.message}`));
          throw error;
        }
        await scene.end();
      },
      ROUND_TRIP_MS,
    );
  });
});

async function roundTrip(scene: Scene, filesMove: boolean): Promise<void> {
  const { app } = scene;
  const restores = app.get(RestoreService);
  const before = await scene.content();
  const file = await scene.whenFree(async () => buffer((await app.service.create({ aesKey: AES_KEY })).stream));
  const read = await readBackup(await buffer(Readable.from([file]).pipe(app.get(CryptoService).createDecryptor(KEY))));
  if (filesMove && read.manifest.complete) expectWhole(theirFiles(read.text));
  const { manifest } = await scene.store();
  expect(await scene.content()).toEqual(before);
  const verified = await restores.verify(Readable.from([file]), { aesKey: AES_KEY });
  expect(verified.manifest.id).toBe(read.manifest.id);

  await change(scene);
  const given = () => Readable.from([file]);
  const refused = scene.whenFree(() => restores.restore(given(), { aesKey: AES_KEY }));
  await expect(refused).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
  await scene.whenFree(() => restores.restore(given(), { replace: true, aesKey: AES_KEY }));
  expect(await scene.content()).toEqual(before);

  await change(scene);
  const report = await scene.whenFree(() =>
    restores.restore({ destination: 'vault', id: 'latest' }, { replace: true, aesKey: AES_KEY }),
  );
  expect(report.manifest.id).toBe(manifest.id);
  expect(await scene.content()).toEqual(before);

  const fresh = await scene.fresh();
  try {
    await fresh.app.get(RestoreService).restore({ destination: 'vault', id: 'latest' }, { aesKey: AES_KEY });
    expect(await fresh.content()).toEqual(before);
  } finally {
    await fresh.remove();
  }
}

async function change({ app, files }: Scene): Promise<void> {
  await app.dataSource.query('DELETE FROM keeper_tags_tag');
  await app.dataSource.query(`UPDATE animal SET name = 'somebody'`);
  rmSync(`${files}/own/a.txt`);
  writeFileSync(`${files}/later.txt`, 'later');
}

function theirFiles(text: Readonly<Record<string, string>>): Record<string, string> {
  const isTheirs = ([path]: [string, string]) => path.startsWith(`files/${MARK}/`) && !path.endsWith('/');
  return Object.fromEntries(Object.entries(text).filter(isTheirs));
}
