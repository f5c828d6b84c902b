import { describeEngine } from '../../../fixtures/databases.js';
import { restore, save } from '../../support/saved.js';
import { mysqlSuite, type Pair } from '../harness.js';

/** What MariaDB has not, or has otherwise. */
describeEngine('What only Oracle’s MySQL has comes back', 'mysql', (engine) => {
  const { createPair } = mysqlSuite(engine);
  let { source, target, from, to, both } = {} as Pair;
  beforeEach(async () => {
    ({ source, target, from, to, both } = await createPair());
  });
  const moved = async () => restore(to, await save(from));
  const planOf = async (sql: string) =>
    (await target.query<{ key: string }>(`EXPLAIN FORMAT=TRADITIONAL ${sql}`))[0]!.key;

  it('indexes of expressions and of the elements of JSON arrays find the new rows', async () => {
    await both(`CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR(50), data JSON,
      UNIQUE KEY folded ((LOWER(name))), KEY zips ((CAST(data->'$.zip' AS UNSIGNED ARRAY))))`);
    await source.query(
      `INSERT INTO people VALUES (1, 'Ada', '{"zip": [94536, 1]}'), (2, 'Böb', '{"zip": []}'), (3, NULL, NULL)`,
    );
    await target.query(`INSERT INTO people VALUES (9, 'ADA', '{"zip": [94536]}')`);
    await moved();
    const byZip = `SELECT id FROM people WHERE 94536 MEMBER OF (data->'$.zip')`;
    expect(await target.query(byZip)).toEqual([{ id: 1 }]);
    expect(await target.query(`SELECT id FROM people FORCE INDEX (folded) WHERE LOWER(name) = 'ada'`)).toEqual([
      { id: 1 },
    ]);
    expect(await planOf(byZip)).toBe('zips');
    await expect(target.query(`INSERT INTO people VALUES (4, 'ADA', NULL)`)).rejects.toMatchObject({ errno: 1062 });
  });

  it('geometries keep the reference system that their column demands, axes in its order', async () => {
    await both(
      `CREATE TABLE places (id INT PRIMARY KEY, at POINT NOT NULL SRID 4326, shape GEOMETRY, SPATIAL INDEX (at))`,
    );
    await source.query(`INSERT INTO places VALUES
      (1, ST_GeomFromText('POINT(52.5 13.4)', 4326), ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(0 0, 1 1))', 3857)),
      (2, ST_GeomFromText('POINT(-33.9 151.2)', 4326), NULL)`);
    await moved();
    const shown = `SELECT id, ST_Latitude(at) AS lat, ST_Longitude(at) AS lon, ST_SRID(shape) AS srid, ST_AsText(shape) AS shape FROM places`;
    expect(await target.query(shown)).toEqual(await source.query(shown));
    expect(await target.query(shown)).toMatchObject([
      { lat: 52.5, lon: 13.4, srid: '3857' },
      { lat: -33.9, srid: null },
    ]);
    const near = `SELECT id FROM places WHERE MBRContains(ST_GeomFromText('POLYGON((52 13, 53 13, 53 14, 52 14, 52 13))', 4326), at)`;
    expect(await target.query(near)).toEqual([{ id: 1 }]);
  });

  it('words that only a collation of the newest Unicode tells apart are told apart', async () => {
    await both('CREATE TABLE words (w VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_as_cs PRIMARY KEY)');
    await source.query(
      `INSERT INTO words VALUES ('cote'), ('côte'), ('coté'), ('Cote'), ('🙂'), ('🙃'), ('a '), ('a')`,
    );
    await moved();
    const shown = 'SELECT w, HEX(w) AS hex FROM words ORDER BY w';
    expect(await target.query(shown)).toHaveLength(8);
    expect(await target.query(shown)).toEqual(await source.query(shown));
  });

  it('a check that is not enforced lets its rows in, and one that is holds afterwards', async () => {
    await both(`CREATE TABLE checked (id INT PRIMARY KEY, v INT, w INT,
      CONSTRAINT loose CHECK (v > 0) NOT ENFORCED, CONSTRAINT tight CHECK (w > 0))`);
    await source.query('INSERT INTO checked VALUES (1, -1, 1)');
    await moved();
    expect(await target.query('SELECT * FROM checked')).toEqual([{ id: 1, v: -1, w: 1 }]);
    await expect(target.query('INSERT INTO checked VALUES (2, 1, -1)')).rejects.toMatchObject({ errno: 3819 });
  });

  it('rows refer to a key that is not unique, where the server lets them', async () => {
    for (const sql of [
      'SET SESSION restrict_fk_on_non_standard_key = OFF',
      'CREATE TABLE parents (id INT PRIMARY KEY, code INT, KEY (code))',
      'CREATE TABLE children (id INT PRIMARY KEY, code INT, FOREIGN KEY (code) REFERENCES parents (code))',
    ]) {
      await both(sql);
    }
    await source.query('INSERT INTO parents VALUES (1, 5), (2, 5)');
    await source.query('INSERT INTO children VALUES (1, 5), (2, NULL)');
    await moved();
    expect(await target.query('SELECT * FROM children ORDER BY id')).toEqual([
      { id: 1, code: 5 },
      { id: 2, code: null },
    ]);
    await expect(target.query('INSERT INTO children VALUES (3, 6)')).rejects.toMatchObject({ errno: 1452 });
  });
});
