import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { readTables } from '../../../lib/jsonl/reader.js';
import { openArchive } from '../../../lib/restore/read/open-archive.js';
import { type VerifyProgress, verifyArchive } from '../../../lib/restore/read/verify-archive.js';
import { openBelow, temporaryDirectory } from '../../fixtures/files.js';
import { encrypted, madeArchive, pairs, users, verified, withArchive } from './support/made-archive.js';

const folder = temporaryDirectory();
const KEY = randomBytes(32);
const FILES = {
  'a.txt': Buffer.from('hello'),
  'b/c.png': randomBytes(700_000),
  'd/large': Buffer.alloc(3_000_000, 'abc'),
  empty: null,
};

const refusal = (problem: string, code = 'ARCHIVE_INVALID') => ({ code, message: expect.stringContaining(problem) });

describe('A whole archive', () => {
  it('is verified, plain and encrypted, from a stream and from a file, which are closed', async () => {
    const plain = await madeArchive({ files: FILES });
    const secret = await encrypted(plain, KEY);
    const expected = {
      tables: [
        { name: 'user', rows: 3 },
        { name: 'pair', rows: 2 },
      ],
      files: { uploads: { count: 3, bytes: 3_700_005 } },
    };
    expect(await verified(plain)).toMatchObject({ ...expected, encrypted: false });
    expect(await verified(secret, KEY)).toMatchObject({ ...expected, encrypted: true });
    writeFileSync(folder.at('archive'), secret);
    const archive = await openArchive(folder.at('archive'), { key: KEY });
    expect(archive.size).toBe(plain.length);
    expect(archive.appVersion).toBe('1.4.2');
    expect(archive.migrations.applied).toHaveLength(1);
    expect(await verifyArchive(archive)).toMatchObject(expected);
    expect([...archive.dataEntries()].map(({ directory, relative }) => [directory, relative])).toEqual(
      Object.keys(FILES).map((name) => ['uploads', name]),
    );
    await archive.close();
    await expect(openArchive(folder.at('archive'))).rejects.toMatchObject(
      refusal('no AES key was given. Pass the key with --key-file'),
    );
    await expect(openArchive(folder.at('archive'), { key: randomBytes(32) })).rejects.toMatchObject(
      refusal('key is wrong', 'DECRYPTION_FAILED'),
    );
    expect(openBelow(folder.path)).toEqual([]);
  });

  it('tells how far it is, and stops when it is told', async () => {
    const bytes = await madeArchive({ tables: [users(30_000)], files: { zero: Buffer.alloc(0), ...FILES } });
    await withArchive(bytes, async (archive) => {
      const seen: VerifyProgress[] = [];
      await verifyArchive(archive, { onProgress: (state) => seen.push(state) });
      expect(seen.map((state) => state.bytes)).toEqual(
        seen.map((state) => state.bytes).toSorted((one, other) => one - other),
      );
      expect(seen.every((state) => Number.isInteger(state.bytes))).toBe(true);
      expect(seen.at(-1)!.bytes).toBeLessThanOrEqual(archive.size);
      expect(seen.at(-1)!.bytes).toBeGreaterThan(archive.size * 0.99);
      expect(seen.map(({ name }) => name)).toEqual(expect.arrayContaining(['user', 'uploads/d/large']));
      const stop = new AbortController();
      const stopped = verifyArchive(archive, {
        signal: stop.signal,
        onProgress: ({ name }) => name === 'user' && stop.abort(),
      });
      await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
    });
  });
});

describe('An archive is refused', () => {
  it('with a key, when it is not encrypted', async () => {
    await expect(verified(await madeArchive(), KEY)).rejects.toMatchObject(
      refusal('unencrypted ZIP', 'DECRYPTION_FAILED'),
    );
  });

  it.each([
    ['a file is missing', { uploads: { count: 4, bytes: 3_700_005 } }, 'has 3 files with 3700005 bytes, and 4'],
    ['bytes are missing', { uploads: { count: 3, bytes: 3_700_006 } }, 'and 3 with 3700006'],
    ['a directory is of nobody', {}, '"uploads/a.txt" is not accounted for'],
    [
      'a directory is missing',
      { uploads: { count: 3, bytes: 3_700_005 }, images: { count: 1, bytes: 0 } },
      '"images" has 0 files',
    ],
  ])('when %s', async (_what, files, problem) => {
    await expect(verified(await madeArchive({ files: FILES, change: { files } }))).rejects.toMatchObject(
      refusal(problem),
    );
  });

  it('when its rows are not those of the manifest', async () => {
    const tables = [users(3), pairs(2)];
    const less = { ...tables[0]!, text: users(2).text };
    await expect(verified(await madeArchive({ tables: [less, tables[1]!] }))).rejects.toMatchObject(
      refusal('table "user": line 3'),
    );
    const other = { ...tables[1]!, text: tables[1]!.text.replace('two 1', 'two 7') };
    await expect(verified(await madeArchive({ tables: [tables[0]!, other] }))).rejects.toMatchObject(
      refusal('table "pair": line 5'),
    );
  });

  it('and its spool is gone', async () => {
    const spoolDirectory = folder.path;
    await expect(openArchive(Readable.from([randomBytes(5000)]), { spoolDirectory })).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
    });
    expect(openBelow(folder.path)).toEqual([]);
  });

  it('by whoever reads its rows alone', async () => {
    const bytes = await madeArchive({ tables: [users(100_000)] });
    const at = Math.floor(bytes.length / 2);
    bytes[at]! ^= 1;
    const reading = withArchive(bytes, async (archive) => {
      for await (const { batches } of readTables(await archive.readLines(), archive.manifest)) {
        for await (const _ of batches);
      }
    });
    await expect(reading).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });
});
