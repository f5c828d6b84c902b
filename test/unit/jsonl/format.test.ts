import type { CatalogTable } from '../../../lib/database/catalog-table.js';
import { lineTemplate } from '../../../lib/jsonl/format.js';

function table(columns: string[], primaryKey: string[] = [], generated: string[] = []): CatalogTable {
  return {
    schema: null,
    name: 'tables have other names than models here',
    columns: columns.map((name) => ({
      name,
      type: 'text',
      encoding: 'text',
      nullable: true,
      generated: generated.includes(name),
    })),
    primaryKey,
    caveats: [],
  };
}

/** A line with the template's gaps filled by 1, 2, 3, … */
function line(columns: string[], primaryKey?: string[], generated?: string[], model = 'm'): string {
  const { literals, columns: order } = lineTemplate(table(columns, primaryKey, generated), model);
  expect(literals).toHaveLength(order.length + 1);
  return literals.map((literal, index) => literal + (index < order.length ? index + 1 : '')).join('');
}

describe('A line of backup.jsonl', () => {
  it('has a null for the key of a table without one', () => {
    expect(line(['a', 'b'])).toBe('{"model":"m","pk":null,"fields":{"a":1,"b":2}}');
  });

  it('has the value of a key of one column', () => {
    expect(line(['id', 'a', 'b'], ['id'])).toBe('{"model":"m","pk":1,"fields":{"a":2,"b":3}}');
  });

  it('has an array for a key of several columns, in the order of the key', () => {
    const { columns } = lineTemplate(table(['a', 'x', 'y', 'z'], ['z', 'x', 'y']), 'm');
    expect(columns.map(({ name }) => name)).toEqual(['z', 'x', 'y', 'a']);
    expect(line(['a', 'x', 'y', 'z'], ['z', 'x', 'y'])).toBe('{"model":"m","pk":[1,2,3],"fields":{"a":4}}');
  });

  it('has its key first wherever the column stands', () => {
    const { columns } = lineTemplate(table(['a', 'id', 'b'], ['id']), 'm');
    expect(columns.map(({ name }) => name)).toEqual(['id', 'a', 'b']);
  });

  it('has no fields when every column belongs to the key', () => {
    expect(line(['id'], ['id'])).toBe('{"model":"m","pk":1,"fields":{}}');
    expect(line(['a', 'b'], ['a', 'b'])).toBe('{"model":"m","pk":[1,2],"fields":{}}');
  });

  it('has nothing at all of a table without columns', () => {
    expect(line([])).toBe('{"model":"m","pk":null,"fields":{}}');
  });

  it('leaves generated columns out', () => {
    expect(line(['id', 'sum', 'a'], ['id'], ['sum'])).toBe('{"model":"m","pk":1,"fields":{"a":2}}');
  });

  it('is JSON whatever the names are', () => {
    const names = ['a "quoted" one', 'back\\slash', 'line\nfeed', 'größe', '表', '😀', '', ' ', '__proto__'];
    const parsed = JSON.parse(line(names, [], [], 'tenant "x".表')) as { model: string; fields: object };
    expect(parsed.model).toBe('tenant "x".表');
    expect(Object.entries(parsed.fields)).toEqual(names.map((name, index) => [name, index + 1]));
    expect(line(['a "b"'])).toBe('{"model":"m","pk":null,"fields":{"a \\"b\\"":1}}');
  });
});
