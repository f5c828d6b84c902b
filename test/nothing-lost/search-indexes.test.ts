import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { describeEngine, engines } from '../fixtures/databases.js';
import { Pair } from '../fixtures/pair.js';

const SCHEMA = [
  'CREATE TABLE post (id integer PRIMARY KEY, title text, body text)',
  'CREATE VIEW titled AS SELECT id AS docid, title FROM post',
];

/** The indexes of a kind that SQLite has in this build. */
const indexesOf = (fts: 'fts4' | 'fts5') => [
  `CREATE VIRTUAL TABLE found USING ${fts}(title, body, content='post'${fts === 'fts5' ? `, content_rowid='id'` : ''})`,
  `CREATE VIRTUAL TABLE "by title" USING ${fts}(title, content="titled"${fts === 'fts5' ? ', content_rowid=docid' : ''})`,
  `CREATE VIRTUAL TABLE copied USING ${fts}(words)`,
  `CREATE VIRTUAL TABLE contentless USING ${fts}(words, content='')`,
  `CREATE TRIGGER post_in AFTER INSERT ON post BEGIN
     INSERT INTO found (${fts === 'fts5' ? 'rowid' : 'docid'}, title, body) VALUES (NEW.id, NEW.title, NEW.body); END`,
];

for (const each of engines.filter(({ family }) => family === 'sqlite')) {
  describeEngine('search indexes after a restore', each, (engine) => {
    const fts = engine.name === 'sql.js' ? 'fts4' : 'fts5';
    const own =
      engine.name === 'sql.js'
        ? []
        : [
            'CREATE VIRTUAL TABLE places USING rtree(id, x0, x1)',
            `CREATE VIRTUAL TABLE words USING fts5vocab('found', 'row')`,
          ];
    const rowid = fts === 'fts5' ? 'rowid' : 'docid';
    let pair: Pair;
    afterEach(() => pair?.close());

    const found = async (index: string, word: string) => {
      const sql = `SELECT ${rowid} AS id FROM "${index}" WHERE "${index}" MATCH '${word}' ORDER BY 1`;
      return (await pair.target.query(sql)).map(({ id }) => Number(id));
    };

    beforeEach(async () => {
      pair = await Pair.open(engine, { schema: [...SCHEMA, ...indexesOf(fts), ...own] });
      await pair.source.query(`INSERT INTO post VALUES (1, 'apples', 'red fruit'), (2, 'pears', 'green fruit')`);
      await pair.source.query(`INSERT INTO copied (words) VALUES ('copied words')`);
      await pair.target.query(`INSERT INTO post VALUES (1, 'bricks', 'old stone'), (7, 'beams', 'old wood')`);
      await pair.target.query(`INSERT INTO copied (words) VALUES ('of the target')`);
    });

    it('find restored rows and no others where they read a table or a view', async () => {
      const { stream, manifest } = await pair.from.service.create();
      const archive = await buffer(stream);
      const { warnings } = await pair.to.get(RestoreService).restore(Readable.from([archive]), { replace: true });
      expect(await found('found', 'fruit')).toEqual([1, 2]);
      expect(await found('found', 'old')).toEqual([]);
      if (fts === 'fts5') expect(await found('by title', 'pears')).toEqual([2]);
      expect(await pair.target.query(`SELECT count(*) AS n FROM found_docsize`)).toEqual([{ n: 2 }]);
      await pair.target.query(`INSERT INTO found (found) VALUES ('integrity-check')`);
      // The trigger is there again.
      await pair.target.query(`INSERT INTO post VALUES (3, 'plums', 'blue fruit')`);
      expect(await found('found', 'fruit')).toEqual([1, 2, 3]);

      const saved = (await manifest).warnings;
      expect(saved).toContainEqual(expect.stringMatching(/"found".*builds it anew from "post"/));
      for (const name of ['copied', 'contentless', fts === 'fts5' ? 'places' : 'by title']) {
        expect(saved).toContainEqual(expect.stringMatching(new RegExp(`"${name}".*leaves it as it is`)));
        expect(warnings).toContainEqual(expect.stringMatching(new RegExp(`"${name}".*was left as it was`)));
      }
      expect(warnings.filter((text) => text.includes('was left as it was') && /"(found|words)"/.test(text))).toEqual(
        [],
      );
      expect(await pair.target.query('SELECT words FROM copied')).toEqual([{ words: 'of the target' }]);
    });

    it('are named, and hinder no restore, where they cannot be built anew', async () => {
      await pair.both(`CREATE VIRTUAL TABLE broken USING ${fts}(missing, content='post')`);
      // Its own tables are the index's, whatever else is called like one of them.
      await pair.both(`CREATE VIRTUAL TABLE named USING ${fts}(named_content, named_data)`);
      const { stream, manifest } = await pair.from.service.create();
      const { warnings } = await pair.to.get(RestoreService).restore(stream, { replace: true });
      expect((await manifest).tables.map(({ name }) => name)).toEqual(['post']);
      expect(warnings).toContainEqual(expect.stringMatching(/"broken".*was left as it was/));
      expect(await found('found', 'fruit')).toEqual([1, 2]);
    });
  });
}
