import { Socket } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CryptoService } from 'nestjs-backup';
import type { DataSourceOptions } from 'typeorm';
import { backupApp, type Line, readBackup } from '../../fixtures/backup.js';
import { describeEngine, type TestDatabase } from '../../fixtures/databases.js';

/** Hands on what has arrived in pieces of one size. */
class SlicingSocket extends Socket {
  constructor(private readonly size: number) {
    super();
  }

  override push(chunk: Buffer | null): boolean {
    let more = true;
    for (let at = 0; chunk && at < chunk.length; at += this.size) more = super.push(chunk.subarray(at, at + this.size));
    return chunk ? more : super.push(null);
  }
}

describeEngine('Rows of PostgreSQL', 'postgres', (engine) => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await engine.create();
    await database.query('CREATE TABLE piece (id int PRIMARY KEY, flag boolean, bytes bytea, text text)');
    await database.query(
      `INSERT INTO piece SELECT g, g % 3 = 0, decode(repeat(md5(g::text), g % 5), 'hex'),
         CASE WHEN g % 4 > 0 THEN repeat(E'ä"\\\\\\t\\x0b\\x01' || g, g % 40) END FROM generate_series(1, 400) g`,
    );
    await database.query(`INSERT INTO piece VALUES (1000, NULL, NULL, repeat('long', 100000))`);
  });
  afterAll(() => database?.drop());

  const inPieces = () => database.query(`SELECT id, flag, encode(bytes, 'hex') AS bytes, text FROM piece ORDER BY id`);
  const found = (lines: readonly Line[]) =>
    lines.map(({ pk, fields }) => ({ id: pk, ...fields })).sort((one, other) => Number(one.id) - Number(other.id));

  it.each([1, 2, 3, 4, 5, 6, 7, 64, 4096])(
    'are the same when the connection hands them over %i bytes at a time',
    async (size) => {
      const extra = { stream: () => new SlicingSocket(size) };
      const app = await backupApp(database, { extra } as Partial<DataSourceOptions>, { unmappedTables: 'include' });
      try {
        expect(found((await app.backUp()).of('piece'))).toEqual(await inPieces());
      } finally {
        await app.close();
      }
    },
  );

  it('have the text of each type as concat() gives it, whatever characters are in it', async () => {
    const control = Array.from({ length: 0x1f }, (_, index) => `chr(${index + 1})`).join(' || ');
    const values = [
      `${control} || '"\\/' || chr(127) || chr(128) || chr(8232) || chr(128512)`,
      `'\\N'`,
      `''`,
      `E'\\\\\\\\v'`,
      `E'\\\\' || chr(11)`,
      `ARRAY['a"b', E'c\\\\d', NULL, E'e\\x0bf']`,
      `ROW(1, NULL, E'x\\ty')`,
      `ROW(NULL, NULL)`,
      `'{"a" : "\\u0001"}'::json`,
      `'a  '::char(5)`,
      `'<a>"</a>'::xml`,
      `'1 day -02:03:04'::interval`,
      `'-infinity'::timestamptz`,
    ];
    const selects = values.map((value, id) => `SELECT ${id} AS id, concat(${value}) AS told`);
    const told = await database.query(selects.join(' UNION ALL '));
    // Each as a column of its own type, the records as one of the text that they are.
    const columns = values.map((value, id) => `${value.startsWith('ROW') ? `concat(${value})` : value} AS v${id}`);
    await database.query(`CREATE TABLE told AS SELECT ${columns.join(', ')}`);
    const app = await backupApp(database, {}, { unmappedTables: 'include' });
    try {
      const [line] = (await app.backUp()).of('told');
      expect(Object.values(line!.fields)).toEqual(told.map((row) => row.told));
    } finally {
      await app.close();
      await database.query('DROP TABLE told');
    }
  });

  it('stay as they are while memory goes round, however slowly an encrypted archive is read', async () => {
    await database.query('CREATE TABLE round (n text NOT NULL)');
    // Of one width, so that another one in its place would be taken; and noise, which deflate passes through.
    await database.query(
      `INSERT INTO round SELECT lpad(g::text, 8, '0') || md5(g::text) || md5(g::text || 'x') FROM generate_series(1, 60000) g`,
    );
    const app = await backupApp(database, {}, { unmappedTables: 'include' });
    try {
      const aesKey = '7'.repeat(64);
      const { stream } = await app.service.create({ aesKey });
      const pieces: Buffer[] = [];
      const slow = new Transform({
        highWaterMark: 1,
        transform(piece: Buffer, _encoding, done) {
          setImmediate(done, null, piece);
        },
      });
      const decryptor = app.get(CryptoService).createDecryptor(Buffer.from(aesKey, 'hex'));
      await pipeline(stream, slow, decryptor, async (plain: AsyncIterable<Buffer>) => {
        for await (const piece of plain) pieces.push(piece);
      });
      const lines = (await readBackup(Buffer.concat(pieces))).of('round');
      const rows = await database.query('SELECT n FROM round ORDER BY n');
      expect(
        lines
          .map(({ fields }) => fields.n)
          .sort()
          .join(),
      ).toBe(rows.map(({ n }) => n).join());
    } finally {
      await app.close();
      await database.query('DROP TABLE round');
    }
  });

  it('that the server cannot give fail the backup, whatever it has sent before', async () => {
    await database.query(`CREATE TYPE mood AS ENUM ('good', 'lost')`);
    await database.query(
      `CREATE TABLE felt AS SELECT repeat('x', 1000) AS text, CASE WHEN g < 2000 THEN 'good' ELSE 'lost' END::mood AS mood
       FROM generate_series(1, 2000) g`,
    );
    const { length } = await database.query(`DELETE FROM pg_enum WHERE enumlabel = 'lost' RETURNING 1`);
    expect(length).toBe(1);
    const app = await backupApp(database, {}, { unmappedTables: 'include' });
    try {
      await expect(app.backUp()).rejects.toMatchObject({
        code: 'DATABASE_FAILED',
        message: expect.stringContaining('"felt"'),
        cause: { code: '22P03' },
      });
    } finally {
      await app.close();
      await database.query('DROP TABLE felt; DROP TYPE mood');
    }
  });
});
