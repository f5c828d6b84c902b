import { Words } from './words.mjs';

const ARTICLE_CHARACTERS = 1400;
const COMMENT_CHARACTERS = 280;
const SEED = 5;
const START = Date.UTC(2020, 0, 1);

/** Rows of a table as arrays of numbers, strings and null, in the order of COLUMNS; half are articles, half comments. */
export function* rowsOf(table, rows) {
  const words = new Words(SEED + table.length);
  const half = Math.ceil(rows / 2);
  const authors = authorsOf(rows);
  const time = (index) => new Date(START + index * 97_003).toISOString();
  if (table === 'author') {
    for (let id = 1; id <= authors; id++) yield [id, words.sentence(2), `${words.word()}.${id}@example.com`];
  } else if (table === 'article') {
    for (let id = 1; id <= half; id++) {
      const characters = ARTICLE_CHARACTERS * (0.5 + words.random());
      const price = (words.below(1_000_000) / 100).toFixed(2);
      const title = words.sentence(3 + words.below(5));
      yield [id, 1 + words.below(authors), title, words.text(characters), price, words.below(2), time(id)];
    }
  } else {
    for (let id = 1; id <= rows - half; id++) {
      const score = words.random() < 0.3 ? null : words.below(100);
      const characters = COMMENT_CHARACTERS * (0.5 + words.random());
      yield [id, 1 + words.below(half), 1 + words.below(authors), words.text(characters), score, time(id + 7)];
    }
  }
}

const authorsOf = (rows) => Math.max(10, Math.ceil(rows / 100));

/** The same in the tab-separated text that PostgreSQL loads, in chunks. */
export function* tabSeparated(table, rows) {
  let text = '';
  for (const row of rowsOf(table, rows)) {
    text += `${row.map((value) => (value === null ? '\\N' : String(value).replaceAll('\n', '\\n'))).join('\t')}\n`;
    if (text.length < 256 * 1024) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}
