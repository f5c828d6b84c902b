import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ArchiveWriter } from '../../../../lib/archive/archive-writer.js';
import { SegmentEncryptor } from '../../../../lib/crypto/segment-cipher.js';
import type { BackupManifest, ManifestTable } from '../../../../lib/manifest/manifest.js';
import { type OpenedArchive, openArchive } from '../../../../lib/restore/read/open-archive.js';
import { type VerifyReport, verifyArchive } from '../../../../lib/restore/read/verify-archive.js';
import type { ByteSource } from '../../../../lib/support/byte-source.js';

/** Bytes in memory as a source. */
export function sourceOf(bytes: Buffer): ByteSource & { reads: number; closed: boolean } {
  return {
    size: bytes.length,
    reads: 0,
    closed: false,
    async read(position, length) {
      if (position < 0 || length < 0 || position + length > bytes.length) throw new Error('It was read outside.');
      this.reads++;
      return bytes.subarray(position, position + length);
    },
    async close() {
      this.closed = true;
    },
  };
}

export const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** A table of the manifest, and its lines. */
export function madeTable(
  name: string,
  columns: Array<[name: string, encoding: ManifestTable['columns'][number]['encoding']]>,
  primaryKey: string[],
  lines: string[],
): { table: ManifestTable; text: string } {
  const text = lines.map((line) => `${line}\n`).join('');
  const table: ManifestTable = {
    name,
    schema: null,
    table: name,
    entities: [],
    columns: columns.map(([column, encoding]) => ({ name: column, type: 'any', encoding })),
    primaryKey,
    rows: lines.length,
    digest: sha256(text),
    excluded: false,
  };
  return { table, text };
}

export const user = (id: number, name = `name ${id}`) =>
  `{"model":"user","pk":${id},"fields":{"name":${JSON.stringify(name)}}}`;

export const users = (count: number, name?: string) =>
  madeTable(
    'user',
    [
      ['id', 'integer'],
      ['name', 'text'],
    ],
    ['id'],
    Array.from({ length: count }, (_, id) => user(id, name)),
  );

export const pairs = (count: number) =>
  madeTable(
    'pair',
    [
      ['one', 'text'],
      ['two', 'text'],
    ],
    ['two', 'one'],
    Array.from({ length: count }, (_, id) => `{"model":"pair","pk":["two ${id}","one ${id}"],"fields":{}}`),
  );

export function manifestOf(change: Partial<BackupManifest> = {}): BackupManifest {
  return {
    format: 'nestjs-backup/1',
    id: 'c0ffee00-0000-4000-8000-000000000000',
    createdAt: '2026-01-02T03:04:05.678Z',
    finishedAt: '2026-01-02T03:04:06.000Z',
    appVersion: '1.4.2',
    database: { type: 'postgres', version: '17.0' },
    tables: [],
    sequences: [{ name: 'user_id_seq', value: '7', called: true }],
    files: {},
    skipped: [],
    warnings: [],
    complete: true,
    ...change,
  };
}

export const MIGRATIONS = '{"applied":[{"id":1,"timestamp":1700000000000,"name":"A1700000000000"}],"known":[]}\n';

const MTIME_MS = 1_700_000_000_123.456;

/** An archive as the library writes it: some tables, and files below `uploads`. */
export async function madeArchive(
  {
    tables = [users(3), pairs(2)],
    files = {} as Record<string, Buffer | null>,
    change = {} as Partial<BackupManifest>,
  } = {},
  level = 3,
  compression: 'deflate' | 'zstd' = 'deflate',
): Promise<Buffer> {
  const writer = new ArchiveWriter(level, compression);
  const reading = buffer(writer.stream);
  await writer.addBytes('VERSION', Buffer.from('1.4.2'));
  await writer.addBytes('migrations.json', Buffer.from(MIGRATIONS));
  await writer.addStream('backup.jsonl', Readable.from(tables.map(({ text }) => Buffer.from(text))));
  let [count, bytes] = [0, 0];
  for (const [name, content] of Object.entries(files)) {
    if (content === null) {
      await writer.addDirectory(`uploads/${name}`, { mode: 0o2770, mtimeMs: MTIME_MS - 1 });
      continue;
    }
    count++;
    bytes += content.length;
    const uncompressed = name.endsWith('.png');
    // Large ones come as a stream, as a data directory's do.
    if (content.length > 64 * 1024) {
      await writer.addStream(`uploads/${name}`, Readable.from([content]), { uncompressed, mtimeMs: MTIME_MS });
    } else {
      await writer.addBytes(`uploads/${name}`, content, { uncompressed, mode: 0o600, mtimeMs: MTIME_MS });
    }
  }
  const manifest = manifestOf({
    tables: tables.map(({ table }) => table),
    files: { uploads: { count, bytes } },
    entries: writer.entriesDigest(),
    ...change,
  });
  await writer.addBytes('manifest.json', Buffer.from(JSON.stringify(manifest)));
  writer.finish();
  return reading;
}

export function encrypted(archive: Buffer, key: Uint8Array): Promise<Buffer> {
  return buffer(Readable.from([archive]).pipe(new SegmentEncryptor(key)));
}

/** Opens bytes as a stream, and closes what was opened. */
export async function withArchive<Result>(
  bytes: Buffer,
  use: (archive: OpenedArchive) => Promise<Result>,
  key?: Uint8Array,
): Promise<Result> {
  const archive = await openArchive(Readable.from([bytes]), { key });
  try {
    return await use(archive);
  } finally {
    await archive.close();
  }
}

export const verified = (bytes: Buffer, key?: Uint8Array): Promise<VerifyReport> =>
  withArchive(bytes, (archive) => verifyArchive(archive), key);

/** Everything that a restore takes from an archive, as one digest. */
export async function contentOf(archive: OpenedArchive): Promise<string> {
  const digest = createHash('sha256');
  for (const entry of archive.entries()) {
    digest.update(`${entry.name}\0${entry.isDirectory}\0${entry.size}\0`);
    // The archive's own entries are not restored as files.
    if (entry.name.includes('/')) digest.update(`${entry.mode}\0${entry.mtimeMs}\0`);
    for await (const chunk of archive.read(entry)) digest.update(chunk as Buffer);
  }
  return digest.digest('hex');
}
