import { EntitySchema } from 'typeorm';
import { describeEngine, engine } from '../../fixtures/databases.js';
import { Place } from './place.js';

const event = new EntitySchema<{ id: number; at: Date }>({
  name: 'Event',
  columns: { id: { type: 'integer', primary: true }, at: { type: Date } },
});

describeEngine('a moment', 'mariadb', (mariadb) => {
  it('is read as the same by an application whose driver has another time zone', async () => {
    const here = await Place.open(engine('better-sqlite3'), [event]);
    const there = await Place.open(mariadb, [event], { timezone: '+05:30' });
    try {
      const at = new Date('2024-02-29T23:30:00.000Z');
      await here.app.dataSource.getRepository(event).insert({ id: 1, at });
      await there.restore(await here.archive());
      expect(await there.app.dataSource.getRepository(event).find()).toEqual([{ id: 1, at }]);
      const [row] = await there.database.query(`SELECT CAST(at AS CHAR) AS stored FROM event`);
      expect(row!.stored).toMatch(/^2024-03-01 05:00:00/);
    } finally {
      await here.close();
      await there.close();
    }
  });
});
