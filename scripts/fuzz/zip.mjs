import * as zlib from 'node:zlib';
import { ArchiveReader } from '../../dist/archive/read/archive-reader.js';
import { mutateBytes, oddNumber } from './mutate-bytes.mjs';
import { attempt, must, sourceOf } from './outcome.mjs';
import { CENTRAL_FIELDS, centralRecords, END_FIELDS, LOCAL_FIELDS, zipOf } from './zip-format.mjs';

const { crc32, deflateRawSync, zstdCompressSync } = zlib;
/** How content is packed by each method of compression; with zstd only where Node has it. */
const PACKING = { 8: deflateRawSync, ...(zstdCompressSync && { 93: zstdCompressSync }) };
const METHODS = [0, ...Object.keys(PACKING).map(Number)];

const LIMITS = { expandedBytes: 20_000_000, entries: 1_000, nameBytes: 400, manifestBytes: 100_000 };
const NAMES = [
  ...[
    'uploads/a',
    'uploads/b/c.txt',
    'uploads/ü',
    'uploads/e/',
    'uploads/../x',
    '/x',
    'C:x',
    'uploads//x',
    'uploads\\x',
  ],
  ...[
    'uploads/\0',
    'VERSION',
    'uploads',
    'uploads/a/b',
    '',
    '.',
    'uploads/.nestjs-backup/x',
    `uploads/${'n'.repeat(500)}`,
  ],
];
const MODES = [0, 0o100644, 0o040755, 0o120777, 0o060600, 0o010600, 0o107777, 0o140777];

/** An archive of entries that are as they should be, and sometimes not. */
function entriesOf(chance) {
  const odd = chance.between(0, 2) === 0;
  const middle = Array.from({ length: chance.between(0, 5) }, (_, index) => {
    const content = chance.between(0, 3)
      ? chance.bytes(chance.between(0, 300))
      : Buffer.alloc(chance.of([0, 20_000, 90_000]));
    const name = odd ? chance.of(NAMES) : `uploads/${index}${chance.of(['', '.txt', 'ä'])}`;
    return {
      name,
      content: name.endsWith('/') ? Buffer.alloc(0) : content,
      method: chance.of(METHODS),
      mode: chance.of(odd ? MODES : [0o100644]),
    };
  });
  const own = (name, content) => ({ name, content: Buffer.from(content), method: chance.of(METHODS), mode: 0o100644 });
  return [
    own('VERSION', '1'),
    own('migrations.json', '{}'),
    own('backup.jsonl', 'x\n'),
    ...middle,
    own('manifest.json', '{}'),
  ];
}

/** Puts an odd number into a field of a header that is there. */
function changeField(bytes, chance) {
  const [signature, fields] = chance.of([
    ['PK\x03\x04', LOCAL_FIELDS],
    ['PK\x01\x02', CENTRAL_FIELDS],
    ['PK\x05\x06', END_FIELDS],
  ]);
  const places = [];
  for (let at = bytes.indexOf(signature, 0, 'latin1'); at >= 0; at = bytes.indexOf(signature, at + 1, 'latin1')) {
    places.push(at);
  }
  if (places.length === 0) return bytes;
  const [offset, size] = chance.of(fields);
  const at = chance.of(places) + offset;
  if (at + size > bytes.length) return bytes;
  const before = bytes.readUIntLE(at, size);
  const value = chance.between(0, 1) ? oddNumber(chance) : before + chance.between(-3, 3);
  bytes.writeUIntLE(Math.max(0, value) % 2 ** (8 * size), at, size);
  return bytes;
}

/** ZIPs: what is taken is taken exactly as its own directory says, under names that stay where they belong. */
export const zip = {
  make(chance) {
    const whole = zipOf(entriesOf(chance), { packing: PACKING, crc32 });
    const kind = chance.between(0, 6);
    let bytes = Buffer.from(whole);
    if (kind === 1 || kind === 2) bytes = mutateBytes(bytes, chance);
    else if (kind > 2) for (let times = chance.between(1, 3); times > 0; times--) bytes = changeField(bytes, chance);
    return { bytes, size: bytes.length };
  },

  async run({ bytes }) {
    const taken = await attempt(['ARCHIVE_INVALID'], async () => {
      const reader = await ArchiveReader.open(sourceOf(bytes), { limits: LIMITS });
      const found = [];
      for (const entry of reader.entries()) {
        const chunks = [];
        for await (const chunk of reader.chunks(entry)) chunks.push(chunk);
        found.push({ entry, content: Buffer.concat(chunks) });
      }
      return found;
    });
    if (!taken) return false;
    const records = centralRecords(bytes);
    must(records.length === taken.length, `It found ${taken.length} entries of ${records.length}.`);
    const names = new Set();
    taken.forEach(({ entry: { name, isDirectory, mode }, content }, index) => {
      const record = records[index];
      must(record.name.equals(Buffer.from(isDirectory ? `${name}/` : name)), `It read another name: ${name}`);
      must(crc32(content) === record.crc && content.length === record.size, `It took damaged content of ${name}`);
      must(!/(^|\/)\.{0,2}(\/|$)|\\|\0|^\/|^[a-z]:/i.test(name), `It took the name ${JSON.stringify(name)}`);
      must(mode === undefined || mode <= 0o7777, `It took the mode ${mode}`);
      const type = record.mode & 0o170000;
      must(type === 0 || type === (isDirectory ? 0o040000 : 0o100000), `It took a file of type ${type.toString(8)}`);
      must((record.flags & 0x2041) === 0 && METHODS.includes(record.method), 'It took an encrypted or unknown entry.');
      must(!names.has(name), `It took ${name} twice.`);
      names.add(name);
    });
    for (const name of names) {
      for (let slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
        const above = taken.find(({ entry }) => entry.name === name.slice(0, slash))?.entry;
        must(!above || above.isDirectory, `It took ${name} below a file.`);
      }
    }
    return true;
  },
};
