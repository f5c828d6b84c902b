import { RestoreService } from 'nestjs-backup';
import { describeMysqlEngines, itOn } from '../fixtures/databases.js';
import { Pair } from '../fixtures/pair.js';

/** Engines without transactions that a server may have. */
const ENGINES = ['MyISAM', 'Aria', 'MEMORY', 'CSV', 'ARCHIVE', 'MRG_MyISAM'];

describeMysqlEngines('what only MySQL and MariaDB have', (engine) => {
  let pair: Pair;
  const open = async (schema: string[], rows: string[]) => {
    pair = await Pair.open(engine, { schema });
    for (const statement of rows) await pair.source.query(statement);
  };
  afterEach(() => pair?.close());

  it('comes back: partitions, invisible columns, counters beyond the rows, page compression', async () => {
    await open(
      [
        'CREATE TABLE log (day INT, text VARCHAR(9), PRIMARY KEY (day)) PARTITION BY RANGE (day) (PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN MAXVALUE)',
        'CREATE TABLE hiding (id INT PRIMARY KEY, hidden INT DEFAULT 7 INVISIBLE)',
        'CREATE TABLE squeezed (id INT PRIMARY KEY, t TEXT) ROW_FORMAT = COMPRESSED',
        'CREATE TABLE counted (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY)',
        'CREATE VIEW seen AS SELECT * FROM log',
      ],
      [
        `INSERT INTO log VALUES (1, 'one'), (99, 'rest')`,
        'INSERT INTO hiding (id, hidden) VALUES (1, 8)',
        `INSERT INTO squeezed VALUES (1, REPEAT('x', 10000))`,
        'INSERT INTO counted VALUES (18446744073709551000)',
        'DELETE FROM counted',
      ],
    );
    const { warnings } = await pair.carry();
    const { counters } = await pair.expectEqual();
    expect(counters).toMatchObject({ counted: '18446744073709551001' });
    expect(warnings).toEqual([]);
  });

  itOn(
    'mariadb',
    engine,
    'sequences',
  )('comes back: sequences', async () => {
    await open(['CREATE SEQUENCE tickets START WITH 5 INCREMENT BY 3 CACHE 10'], ['SELECT NEXTVAL(tickets)']);
    await pair.carry();
    expect((await pair.expectEqual()).counters).toMatchObject({ tickets: '35' });
  });

  itOn(
    'mysql',
    engine,
    'such indexes and keys',
  )(
    'comes back: indexes of expressions and of lists, keys to what is not unique, and nothing else is left',
    async () => {
      await open(
        [
          `CREATE TABLE tagged (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50), j JSON, loud VARCHAR(50) AS (UPPER(name)),
            KEY lower_name ((LOWER(name))), KEY tags ((CAST(j->'$.tags' AS UNSIGNED ARRAY))), CHECK (CHAR_LENGTH(name) < 40))`,
          'SET restrict_fk_on_non_standard_key = OFF',
          'CREATE TABLE stock (id INT PRIMARY KEY, shelf INT, KEY (shelf))',
          'CREATE TABLE visit (id INT PRIMARY KEY, shelf INT, FOREIGN KEY (shelf) REFERENCES stock (shelf))',
        ],
        [
          `INSERT INTO tagged (name, j) VALUES ('Ä', '{"tags": [1, 2]}'), ('b', JSON_OBJECT('tags', JSON_ARRAY(5), 'p', CAST(1.10 AS DECIMAL(4,2))))`,
          'INSERT INTO stock VALUES (1, 5), (2, 5)',
          'INSERT INTO visit VALUES (1, 5)',
        ],
      );
      const before = await pair.target.query('SHOW TABLES');
      await pair.carry();
      await pair.expectEqual();
      expect(await pair.target.query('SHOW TABLES')).toEqual(before);
      expect(await pair.target.query(`SELECT id FROM tagged WHERE 5 MEMBER OF (j->'$.tags')`)).toEqual([{ id: 2 }]);
    },
  );

  it('is named where the snapshot does not hold for it: tables of engines without transactions', async () => {
    await open(['CREATE TABLE fine (id INT PRIMARY KEY)'], ['INSERT INTO fine VALUES (1)']);
    const made: string[] = [];
    for (const name of ENGINES) {
      const union = name === 'MRG_MyISAM' ? 'UNION = (in_MyISAM)' : '';
      const create = `CREATE TABLE in_${name} (id INT NOT NULL) ENGINE = ${name} ${union}`;
      const there = await pair.source.query(create).then(
        () => true,
        () => false,
      );
      if (!there) console.warn(`Skipped: this server has no engine ${name}.`);
      else made.push(name);
    }
    const { of, manifest } = await pair.from.backUp();
    expect(made).toContain('MyISAM');
    expect(of('fine')).toHaveLength(1);
    for (const name of made) {
      expect(manifest.warnings).toContainEqual(
        expect.stringMatching(new RegExp(`"in_${name}" uses the engine ${name}`, 'i')),
      );
    }
    expect(manifest.warnings).toHaveLength(made.length);
    // Into such a table nothing is restored, since nothing could be rolled back.
    const { stream } = await pair.from.service.create();
    await expect(pair.from.get(RestoreService).restore(stream, { replace: true })).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringMatching(/"in_.*" uses the engine .*ALTER TABLE/),
    });
  });

  itOn(
    'mariadb',
    engine,
    'system versioning',
  )('is named where only a part is saved: the history of a system-versioned table', async () => {
    await open(
      ['CREATE TABLE versioned (id INT PRIMARY KEY, n INT) WITH SYSTEM VERSIONING'],
      ['INSERT INTO versioned VALUES (1, 1)', 'UPDATE versioned SET n = 2'],
    );
    const { warnings } = await pair.carry();
    expect(warnings).toEqual([expect.stringMatching(/"versioned" is system-versioned/)]);
    expect(await pair.target.query('SELECT id, n FROM versioned')).toEqual([{ id: 1, n: 2 }]);
  });
});
