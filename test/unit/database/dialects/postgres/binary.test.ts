import { bytea, padded, uuid } from '../../../../../lib/database/dialects/postgres/restore/copy/binary/bytes.js';
import {
  type BinaryEncoder,
  MOST_MORE_BYTES,
} from '../../../../../lib/database/dialects/postgres/restore/copy/binary/encoder.js';
import {
  float4,
  float8,
  int2,
  int4,
  int8,
} from '../../../../../lib/database/dialects/postgres/restore/copy/binary/numbers.js';
import { numeric } from '../../../../../lib/database/dialects/postgres/restore/copy/binary/numeric.js';
import {
  date,
  time,
  timestamp,
  timestamptz,
} from '../../../../../lib/database/dialects/postgres/restore/copy/binary/times.js';
import { bytesOf } from '../../../../../lib/jsonl/bytes.js';

/** In hexadecimal digits; undefined for a text that is left to the server. */
function encode(encoder: BinaryEncoder, text: string): string | undefined {
  const from = bytesOf(Buffer.from(`..${text}..`));
  const to = bytesOf(Buffer.alloc(text.length + MOST_MORE_BYTES));
  const end = encoder(from, 2, from.bytes.length - 2, to, 4);
  return end < 0 ? undefined : to.bytes.toString('hex', 4, end);
}

describe('The binary form of a value for PostgreSQL', () => {
  it.each<[string, BinaryEncoder, string, string]>([
    ['int2', int2, '-2', 'fffe'],
    ['int4', int4, '258', '00000102'],
    ['int8', int8, '-4294967297', 'fffffffeffffffff'],
    ['int8', int8, '-9223372036854775808', '8000000000000000'],
    ['float8', float8, '-0', '8000000000000000'],
    ['float4', float4, '1.5', '3fc00000'],
    ['numeric', numeric, '-12345.678', '0003' + '0001' + '4000' + '0003' + '0001' + '0929' + '1a7c'],
    ['numeric', numeric, '0.00', '0001' + 'ffff' + '0000' + '0002' + '0000'],
    ['date', date, '1999-12-31', 'ffffffff'],
    ['time', time, '00:00:01.5', '000000000016e360'],
    ['timestamp', timestamp, '1999-12-31 23:59:59.999999', 'ffffffffffffffff'],
    ['timestamptz', timestamptz, '2000-01-01 01:11:34.967296+00', '0000000100000000'],
    ['bytea', bytea, '00ffAb', '00ffab'],
    ['bpchar', padded, 'a b', '612062'],
    ['bpchar', padded, ' a\u00e4        ', '2061c3a4'],
    ['bpchar', padded, '      ', ''],
    ['uuid', uuid, '01234567-89ab-cdef-fedc-ba9876543210', '0123456789abcdeffedcba9876543210'],
  ])('is that of its %s function: %3$s', (_type, encoder, text, expected) => {
    expect(encode(encoder, text)).toBe(expected);
  });

  it.each<[string, BinaryEncoder, readonly string[]]>([
    ['int2', int2, ['', '-', '32768', '-32769', '1x', ' 1', '+1', '1.0']],
    ['int4', int4, ['2147483648', '0x1', '1e3']],
    ['int8', int8, ['9223372036854775808', '-9223372036854775809', '99999999999999999999', '1234567890123456x']],
    ['float8', float8, ['', '1e400', '1e-400', 'nan', '0x10', ' 1', '1_0', 'inf']],
    ['float4', float4, ['1e39', '1e-40', '16777217']],
    ['numeric', numeric, ['', '-', '.', '1.', '.5', '1.2.3', '1e5', 'NaN', `1.${'0'.repeat(16_384)}`]],
    ['date', date, ['2023-02-29', '1900-02-29', '2023-13-01', '2023-00-10', '2023-04-31', '0000-01-01', '2023-1-01']],
    ['date', date, ['infinity', '2023-01-01 BC', '12023-01-01', '2023/01/01', '2023-01-0x']],
    [
      'time',
      time,
      ['24:00:00', '23:60:00', '23:59:60', '1:00:00', '12:00', '12:00:00.', '12:00:00.1234567', '12:00:00x'],
    ],
    ['timestamp', timestamp, ['2023-02-29 00:00:00', '2023-01-01', '2023-01-01T00:00:00', '2023-01-01 00:00:00 BC']],
    ['timestamptz', timestamptz, ['2023-01-01 00:00:00', '2023-01-01 00:00:00+01', '2023-01-01 00:00:00-00']],
    ['bytea', bytea, ['0', '0g', '@0']],
    ['uuid', uuid, ['0123456789abcdeffedcba9876543210', '01234567-89ab-cdef-fedc-ba987654321g', '{}']],
  ])('is left to the server for what is no plain %s', (_type, encoder, texts) => {
    for (const text of texts) expect([text, encode(encoder, text)]).toEqual([text, undefined]);
  });

  it('is that of days from the year 1 to the year 9999', () => {
    const first = Date.UTC(2000, 0, 1);
    const wrong = [];
    for (let day = -730_119; day <= 2_921_939; day += 11) {
      const text = new Date(first + day * 86_400_000).toISOString().slice(0, 10);
      if (encode(date, text) !== (day >>> 0).toString(16).padStart(8, '0')) wrong.push(text);
    }
    expect(wrong).toEqual([]);
  });
});
