import { randomBytes } from 'node:crypto';
import { parseUploadName, recordName, resultName } from '../../../lib/page/uploads/upload-names.js';
import { PiecesSource, receivedBytes } from '../../../lib/page/uploads/upload-pieces.js';
import { UploadRecords } from '../../../lib/page/uploads/upload-record.js';
import { parseStoredName } from '../../../lib/store/stored-names.js';
import { MemoryDestination } from '../../fixtures/memory-destination.js';

const piece = (offset: number, bytes: number) => ({ name: `p${offset}-${bytes}`, offset, bytes });

describe('the pieces of an upload', () => {
  it.each([
    [[], 0],
    [[piece(0, 5)], 5],
    [[piece(1, 5)], 0],
    [[piece(5, 5), piece(0, 5)], 10],
    [[piece(0, 5), piece(6, 5)], 5],
    // Two processes have received the same bytes.
    [[piece(0, 5), piece(0, 9), piece(5, 2)], 9],
    [[piece(0, 5), piece(3, 2), piece(4, 10), piece(14, 1)], 15],
    [[piece(0, 8), piece(2, 3), piece(9, 1)], 8],
  ])('%j reach to %i without a gap', (pieces, bytes) => {
    expect(receivedBytes(pieces)).toBe(bytes);
  });

  it('are read as one, across their borders, however many read at once', async () => {
    const whole = randomBytes(1000);
    const destination = new MemoryDestination();
    const pieces = [piece(0, 300), piece(100, 450), piece(550, 1), piece(551, 449)];
    for (const { name, offset, bytes } of pieces) destination.objects.set(name, whole.subarray(offset, offset + bytes));
    const source = new PiecesSource(destination, pieces, whole.length);
    const reads = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const [at, length] = [(index * 37) % 900, 1 + ((index * 13) % 100)];
        return (await source.read(at, length)).equals(whole.subarray(at, at + length));
      }),
    );
    expect(new Set(reads)).toEqual(new Set([true]));
    expect((await source.read(0, 1000)).equals(whole)).toBe(true);
    await source.close();
  });

  it('have names that are known again, and that no backup has', () => {
    const id = '0b0e3a52-0f3c-4a7e-9d57-0e4a3a1e8f55';
    const own = new UploadRecords(Buffer.alloc(32, 1), 'shop');
    const [one, other] = [own.pieceName(id, 7), own.pieceName(id, 7)];
    const names = [recordName(id), resultName(id), one, other];
    expect(names.map(parseUploadName)).toEqual([
      { id, part: 'record' },
      { id, part: 'result' },
      { id, part: 'piece', offset: 7 },
      { id, part: 'piece', offset: 7 },
    ]);
    expect(new Set(names).size).toBe(4);
    expect(names.map(parseStoredName)).toEqual([undefined, undefined, undefined, undefined]);
    expect(parseUploadName(`backup-20260101T000000Z-${id}.zip`)).toBeUndefined();
  });

  it('have names that nobody makes without the key, not even of names that are known', () => {
    const id = '0b0e3a52-0f3c-4a7e-9d57-0e4a3a1e8f55';
    const own = new UploadRecords(Buffer.alloc(32, 1), 'shop');
    const name = own.pieceName(id, 7);
    expect(own.isOwnPiece(name)).toBe(true);
    expect(new UploadRecords(Buffer.alloc(32, 2), 'shop').isOwnPiece(name)).toBe(false);
    for (let at = 'upload-'.length; at < name.length; at++) {
      if (name[at] === '-' || name[at] === '.') continue;
      const changed = `${name.slice(0, at)}${name[at] === '0' ? '1' : '0'}${name.slice(at + 1)}`;
      expect(parseUploadName(changed)).toMatchObject({ part: 'piece' });
      expect(own.isOwnPiece(changed)).toBe(false);
    }
  });
});
