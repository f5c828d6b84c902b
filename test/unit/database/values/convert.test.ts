import { valuesOf } from '../../../../lib/database/dialects/registry.js';
import { convert } from '../../../../lib/database/values/convert/index.js';
import { type Kind, type Neutral, UnfitError } from '../../../../lib/database/values/neutral.js';
import { type Zone, zoneOf } from '../../../../lib/database/values/zone.js';

const there = zoneOf('+02:00');
const UTC = zoneOf('Z');
const as = (from: Neutral, kind: Kind, zones: { from: Zone; to: Zone } = { from: UTC, to: there }) =>
  convert(from, kind, zones).value;
const HOUR = 3_600_000_000n;

describe('logical types', () => {
  it('turn into each other where nothing changes', () => {
    expect(as({ kind: 'boolean', value: true }, 'integer')).toBe(1n);
    expect(as({ kind: 'float', value: 1e21 }, 'integer')).toBe(10n ** 21n);
    expect(as({ kind: 'float', value: 0.1 }, 'decimal')).toBe('0.1');
    expect(as({ kind: 'decimal', value: '0.5' }, 'float')).toBe(0.5);
    expect(as({ kind: 'text', value: 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11' }, 'uuid')).toBe(
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    );
    expect(() => as({ kind: 'decimal', value: '0.5' }, 'integer')).toThrow(/are not whole numbers/);
    expect(() => as({ kind: 'float', value: 0.5 }, 'boolean')).toThrow(/neither 0 nor 1/);
    expect(() => as({ kind: 'bytes', value: Buffer.alloc(1) }, 'text')).toThrow(/no counterpart/);
    expect(() => as({ kind: 'other', value: '101' }, 'text')).toThrow(/no counterpart/);
  });

  it('mind whose clocks a date and time is of', () => {
    expect(as({ kind: 'instant', value: 0n }, 'wall')).toBe(2n * HOUR);
    expect(as({ kind: 'wall', value: 2n * HOUR }, 'instant', { from: there, to: UTC })).toBe(0n);
    expect(as({ kind: 'wall', value: 0n }, 'wall')).toBe(2n * HOUR);
    expect(as({ kind: 'wall', value: 0n }, 'wall', { from: there, to: there })).toBe(0n);
    expect(() => as({ kind: 'text', value: '2024-01-01 00:00:00' }, 'instant')).toThrow(/no time zone/);
  });

  it.each([
    [['1', '2'], '1,2'],
    [[], ''],
    [['a b', 'c'], 'a b,c'],
  ])('write the list %j as text with commas', (items, text) => {
    expect(as({ kind: 'array', value: { items, bare: false } }, 'text')).toBe(text);
    expect(as({ kind: 'text', value: text }, 'array')).toEqual({ items, bare: false });
  });

  it.each([[['a,b']], [['']], [[null]], [['[1]']]])('refuse text with commas for the list %j', (items) => {
    expect(() => as({ kind: 'array', value: { items, bare: false } }, 'text')).toThrow(/cannot hold/);
    const json = as({ kind: 'array', value: { items, bare: false } }, 'json');
    expect(as({ kind: 'json', value: json as string }, 'array')).toEqual({ items, bare: items[0] === null });
  });

  it('keep numbers of lists exact', () => {
    const value = { items: ['9007199254740993', null], bare: true };
    expect(as({ kind: 'array', value }, 'json')).toBe('[9007199254740993,null]');
    expect(() => as({ kind: 'json', value: '[9007199254740993]' }, 'array')).toThrow(/more digits/);
    expect(() => as({ kind: 'array', value: { items: ['NaN'], bare: true } }, 'json')).toThrow(/does not have/);
  });
});

describe('an archive that holds what no backup writes', () => {
  it.each([
    ['postgres', 'bigint', 'x'],
    ['postgres', 'bigint', '9'.repeat(1_000_000)],
    ['postgres', 'numeric', '9'.repeat(1_000_000)],
    ['postgres', 'double precision', 'x'],
    ['postgres', 'real', ''],
    ['postgres', 'bit(3)', '102'],
    ['postgres', 'date', '2024'],
    ['mariadb', 'bigint(20)', '0x10'],
    ['mariadb', 'double', 'x'],
    ['mariadb', 'decimal(4,2)', 'Infinity'],
  ])('has a value of %s, %s, that cannot be carried', (engine, type, value) => {
    const column = { name: 'value', type, encoding: 'text' as const };
    expect(() => valuesOf(engine)!.reader(column).read(value)).toThrow(UnfitError);
  });

  it('has tagged values, which only SQLite writes', () => {
    const { read } = valuesOf('postgres')!.reader({ name: 'value', type: 'text', encoding: 'text' });
    expect(() => read({ i: '1' })).toThrow(expect.objectContaining({ code: 'ARCHIVE_INVALID' }));
  });
});

describe('bits', () => {
  const column = (type: string) => ({ name: 'b', type, encoding: 'text' as const, nullable: true, generated: false });
  const { reader, writer } = valuesOf('postgres')!;

  it('are a number', () => {
    const neutral = reader(column('bit(8)')).read('00000101');
    expect(neutral).toEqual({ kind: 'integer', value: 5n });
    expect(writer(column('bit(8)'), undefined).write(neutral)).toBe('00000101');
    expect(() => writer(column('bit(2)'), undefined).write(neutral)).toThrow(/out of the range/);
    expect(valuesOf('mariadb')!.writer(column('bit(3)'), undefined).write(neutral)).toBe('5');
  });
});

describe('a moment in SQLite', () => {
  const column = { name: 'at', type: 'datetime', encoding: 'text' as const, nullable: true, generated: false };
  const mapped = { type: 'datetime', labels: undefined, counted: false, optional: false, stamped: false };
  const write = (value: bigint, stamped = false) =>
    valuesOf('sqljs')!
      .writer(column, { ...mapped, stamped })
      .write({ kind: 'instant', value });

  it('is written as TypeORM does, or as the database where that writes it', () => {
    expect(write(0n)).toBe('1970-01-01 00:00:00.000');
    expect(write(0n, true)).toBe('1970-01-01 00:00:00');
    expect(write(1_000n, true)).toBe('1970-01-01 00:00:00.001');
  });

  it('names its zone where TypeORM would read it as local', () => {
    const text = write(1n) as string;
    expect(text).toBe('1970-01-01 00:00:00.000001Z');
    expect(new Date(text.replace(' ', 'T')).getTime()).toBe(0);
  });
});
