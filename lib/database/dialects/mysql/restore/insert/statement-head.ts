import { HEAD_BYTES, type RowBytes, type ValueKind } from './row-bytes.js';

const EXECUTE = 0x17;
/** Sent where client and server have agreed on attributes of queries: the number of values, and a name of each. */
const HAS_NAMES = 0x08;
const TYPES: Readonly<Record<ValueKind, number>> = { text: 0xfd, number: 0x05 };
const HEADER_BYTES = 4;
const FLAGS_AT = HEADER_BYTES + 5;
const COUNT_AT = FLAGS_AT + 5;

/**
 * What a packet that executes a prepared statement has before its values.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html
 */
export class StatementHead {
  private constructor(
    private readonly bytes: Buffer,
    private readonly nullsAt: number,
  ) {}

  /**
   * @param packet as the driver makes it of empty texts only
   * @param kinds of the values of a row
   * @returns undefined if it is not what it is known to be
   */
  static of(packet: Buffer, kinds: readonly ValueKind[], rows: number): StatementHead | undefined {
    const values = kinds.length * rows;
    const flags = packet[FLAGS_AT];
    if (packet[HEADER_BYTES] !== EXECUTE || (flags !== 0 && flags !== HAS_NAMES)) return undefined;
    const count = flags === 0 ? [] : values < 251 ? [values] : [0xfc, values & 0xff, values >> 8];
    const nullsAt = COUNT_AT + count.length;
    const typesAt = nullsAt + ((values + 7) >> 3) + 1;
    const typeBytes = flags === 0 ? 2 : 3;
    const length = typesAt + typeBytes * values;
    const expected = Buffer.alloc(length + values - COUNT_AT);
    expected.set(count);
    expected[typesAt - 1 - COUNT_AT] = 1;
    for (let value = 0; value < values; value++) expected[typesAt + typeBytes * value - COUNT_AT] = TYPES.text;
    if (length > HEAD_BYTES || !packet.subarray(COUNT_AT).equals(expected)) return undefined;
    const head = Buffer.from(packet.subarray(0, length));
    for (let value = 0; value < values; value++) {
      head[typesAt + typeBytes * value] = TYPES[kinds[value % kinds.length]!];
    }
    return new StatementHead(head, nullsAt);
  }

  /** Writes it before the values. @returns the packet */
  before(rows: RowBytes): Buffer {
    const { bytes, nullsAt } = this;
    const packet = rows.bytes.subarray(HEAD_BYTES - bytes.length, rows.end);
    packet.set(bytes);
    for (const place of rows.nulls) packet[nullsAt + (place >> 3)]! |= 1 << (place & 7);
    return packet;
  }
}
