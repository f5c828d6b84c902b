import type { Engine } from '../../fixtures/databases.js';

const COLUMNS = 300;
/** The longest identifier that every engine takes, in bytes. */
const NAME_BYTES = 63;

/** Names that break whoever does not quote them, splits them at dots, or counts characters for bytes. */
const ODD_NAMES = [
  `"quoted" 'name'`,
  'back`tick` \\ slash',
  'dots.in.a.name',
  ' blank before, 100 % $1 ? :x',
  'select',
  '{"pk":1},"fields":{"',
  'ü'.repeat(31),
  '表'.repeat(21),
];

export const quote = ({ family }: Engine, name: string): string => {
  const mark = family === 'mysql' ? '`' : '"';
  return mark + name.replaceAll(mark, mark + mark) + mark;
};

export interface Large {
  readonly create: string[];
  readonly fill: string[];
}

/** Tables in a chain of foreign keys, one in ten of an odd name, and one of 300 columns. */
export function largeSchema(engine: Engine, count: number): Large {
  const names = Array.from({ length: count }, (_, index) =>
    index % 10 === 0 ? oddName(ODD_NAMES[(index / 10) % ODD_NAMES.length]!, index) : `table_${index}`,
  );
  const large: Large = { create: [], fill: [] };
  for (const [index, name] of names.entries()) {
    const table = quote(engine, name);
    const odd = quote(engine, oddName(ODD_NAMES[index % ODD_NAMES.length]!, 0));
    const previous = index > 0 ? [`FOREIGN KEY (earlier) REFERENCES ${quote(engine, names[index - 1]!)} (id)`] : [];
    const columns = ['id int PRIMARY KEY', 'earlier int', `${odd} varchar(20)`, ...previous];
    large.create.push(`CREATE TABLE ${table} (${columns.join(', ')})`);
    large.fill.push(`INSERT INTO ${table} VALUES (1, NULL, 'a'), (2, ${index > 0 ? 1 : 'NULL'}, NULL), (3, NULL, '')`);
  }
  const wide = Array.from(
    { length: COLUMNS },
    (_, index) => `${quote(engine, oddName('c', index))} ${index % 3 ? 'int' : 'text'}`,
  );
  large.create.push(`CREATE TABLE wide (${wide.join(', ')})`);
  for (let row = 0; row < 20; row++) {
    const values = wide.map((_, index) => (index % 3 ? String(index * row) : `'${row} of ${index}'`));
    large.fill.push(`INSERT INTO wide VALUES (${values.join(', ')})`);
  }
  return large;
}

/** `name`, made unique by a number at its end, and as long as an identifier may be where it is long already. */
function oddName(name: string, number: number): string {
  const ending = String(number);
  let characters = Array.from(name);
  while (Buffer.byteLength(characters.join('')) + ending.length > NAME_BYTES) characters = characters.slice(0, -1);
  const missing = NAME_BYTES - Buffer.byteLength(characters.join('')) - ending.length;
  return `${characters.join('')}${missing < 3 ? '_'.repeat(missing) : ''}${ending}`;
}
