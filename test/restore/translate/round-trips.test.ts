import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { Finding, Project, Tag, User } from '../../../sample-app/entities.js';
import { seed } from '../../../sample-app/seed.js';
import type { Engine } from '../../fixtures/databases.js';
import { Cat, fillZoo, zooEntities } from '../../fixtures/zoo.entities.js';
import { EDGES, logicalEntities } from './logical.entities.js';
import { type Entities, enginePairs, Place } from './place.js';

interface Model {
  readonly entities: (family: Engine['family']) => Entities;
  readonly fill: (place: Place) => Promise<unknown>;
}

const MODELS: Record<string, Model> = {
  'every logical type': { entities: logicalEntities, fill: ({ app }) => fillBoxes(app.dataSource) },
  'every way of laying out rows': { entities: () => zooEntities, fill: ({ app }) => fillZoo(app.dataSource) },
  'the sample app': {
    entities: () => [User, Tag, Project, Finding],
    fill: ({ app, files }) => seed(app.dataSource.manager, { uploadedimages: files, uploadedfiles: files }),
  },
};

async function fillBoxes(dataSource: DataSource): Promise<void> {
  const boxes = dataSource.getRepository('Box');
  for (const values of EDGES) await boxes.insert({ ...values });
  await boxes.delete({ id: EDGES.length });
  await boxes.insert({ ...EDGES.at(-1) });
  // Three engines, one way to write microseconds: none of their own Date objects holds any.
  const type = dataSource.options.type;
  const zone = /sqlite|sqljs/.test(type) ? 'Z' : '';
  const quoted = `'2024-02-29 23:59:59.123456${zone}'`;
  await dataSource.query(`UPDATE box SET wall = ${quoted}, moment = ${quoted}, clock = '23:59:59.123456' WHERE id = 1`);
}

describe.each(enginePairs())('translating $title', ({ from, to }) => {
  describe.each(Object.entries(MODELS))('%s', (_, { entities, fill }) => {
    let places: Place[];
    const open = async (engine: Engine) => {
      const place = await Place.open(engine, entities(engine.family));
      places.push(place);
      return place;
    };
    beforeEach(() => {
      places = [];
    });
    afterEach(async () => {
      for (const place of places) await place.close();
    });

    it('goes over and comes back as it was: rows, counters, files', async () => {
      const [here, there, again] = [await open(from), await open(to), await open(from)];
      await fill(here);
      mkdirSync(join(here.files, 'deep', 'empty'), { recursive: true });
      writeFileSync(join(here.files, 'deep', 'ä.txt'), 'umlaut');
      const report = await there.restore(await here.archive());
      expect(report.translation).toMatchObject({ from: here.app.dataSource.options.type, problems: [], leftOut: [] });
      execFileSync('diff', ['-r', here.files, there.files]);
      expect(await rowsOf(there)).toEqual(await rowsOf(here));
      await again.restore(await there.archive());
      expect(await again.state()).toEqual(await here.state());
      expect(await again.content()).toEqual(await here.content());
      execFileSync('diff', ['-r', here.files, again.files]);
    });
  });

  it(`hands out the next id in ${to.name} that it would have in ${from.name}`, async () => {
    const [here, there] = [await Place.open(from, zooEntities), await Place.open(to, zooEntities)];
    try {
      await fillZoo(here.app.dataSource);
      const last = await here.app.dataSource.manager.save(Cat, { name: 'gone', lives: 0 });
      await here.app.dataSource.manager.delete(Cat, last.id);
      await there.restore(await here.archive());
      const [next, expected] = [await bear(there), await bear(here)];
      expect(next).toBe(expected);
    } finally {
      await here.close();
      await there.close();
    }
  });
});

async function bear({ app }: Place): Promise<number> {
  return (await app.dataSource.manager.save(app.dataSource.manager.create(Cat, { name: 'new', lives: 1 }))).id;
}

/** What the application reads, with numbers that one driver gives as text as numbers. */
async function rowsOf({ app }: Place): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {};
  for (const { name, tableType, tableName, primaryColumns, target } of app.dataSource.entityMetadatas) {
    if (tableType === 'view' || tableName === 'ghost') continue;
    const order = Object.fromEntries(primaryColumns.map(({ propertyPath }) => [propertyPath, 'ASC']));
    const rows = await app.dataSource.getRepository(target || name).find({ order, withDeleted: true });
    found[name] = rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([key, value]) => [key, plain(key, value)])),
    );
  }
  return found;
}

function plain(key: string, value: unknown): unknown {
  if (/^(?:exact|big|single|double)$/.test(key) && value !== null) return Number(Number(value).toPrecision(6));
  if (key === 'fixed' && typeof value === 'string') return value.trimEnd();
  if (key === 'clock' && typeof value === 'string') return value.replace(/\.0+$/, '');
  if (key === 'numbers' && Array.isArray(value)) return value.map(Number);
  return value;
}
