import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeEachEngine } from '../fixtures/databases.js';
import { Pair } from '../fixtures/pair.js';
import { sampled } from '../fixtures/streams.js';
import { postgresSetup } from '../fixtures/types/postgres.js';
import { growTree, treeOf } from './support/random-files.js';
import { randomSchema } from './support/random-schema.js';

/** In parts, so that each has a bound of its own. */
const PARTS = process.env.TEST_LONG ? 10 : 1;
const ROUNDS = process.env.TEST_LONG ? 50 : 3;
const PART_MS = 300_000;

describeEachEngine('random schemas, rows and files', (engine) => {
  let folder: string;
  let pair: Pair;
  const files = (which: 'source' | 'target') => join(folder, which);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nestjs-backup-round-'));
    for (const which of ['source', 'target'] as const) mkdirSync(files(which));
    pair = await Pair.open(engine, {
      schema: engine.family === 'postgres' ? postgresSetup : [],
      module: (which) => ({ unmappedTables: 'include', dataDirs: { files: files(which) } }),
    });
    if (engine.family === 'mysql') {
      await pair.both(`SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', time_zone = '+00:00'`);
    }
  });
  afterAll(async () => {
    await pair?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(Array.from({ length: PARTS }, (_, part) => part + 1))(
    `come back as they were, ${ROUNDS} times (part %i of ${PARTS})`,
    () =>
      sampled(ROUNDS, async (chance) => {
        const schema = randomSchema(engine, chance);
        growTree(files('source'), chance);
        growTree(files('target'), chance);
        await pair.both(...schema.create);
        try {
          for (const statement of schema.fill) await pair.source.query(statement);
          await pair.carry();
          await pair.expectEqual();
          expect(treeOf(files('target'))).toEqual(treeOf(files('source')));
        } finally {
          await pair.both(...schema.drop);
        }
      }),
    PART_MS,
  );
});
