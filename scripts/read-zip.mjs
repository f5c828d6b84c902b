import { inflateRawSync } from 'node:zlib';

const END = 0x06054b50;
const ZIP64_LOCATOR = 0x07064b50;
const DIRECTORY_ENTRY = 0x02014b50;

/** The entries of a small ZIP in memory, in the order of its directory: name, size and read(). ZIP64 included. */
export function readZip(zip) {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || zip.readUInt32LE(end) !== END) throw new Error('this is no ZIP: it has no directory at its end');
  let count = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  if (end >= 20 && zip.readUInt32LE(end - 20) === ZIP64_LOCATOR) {
    const end64 = Number(zip.readBigUInt64LE(end - 12));
    count = Number(zip.readBigUInt64LE(end64 + 32));
    at = Number(zip.readBigUInt64LE(end64 + 48));
  }
  return Array.from({ length: count }, () => {
    if (zip.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new Error(`the ZIP's directory is damaged at byte ${at}`);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    const nameEnd = at + 46 + nameLength;
    const name = zip.toString('utf8', at + 46, nameEnd);
    const deflated = zip.readUInt16LE(at + 10) === 8;
    const [size, packed, header] = sizes(zip, at, zip.subarray(nameEnd, nameEnd + extraLength));
    at = nameEnd + extraLength + commentLength;
    return { name, size, read: () => read(zip, header, packed, deflated) };
  });
}

/** Size, packed size and offset; those that do not fit 32 bits stand in the ZIP64 field, in this order. */
function sizes(zip, at, extra) {
  const wide = [];
  for (let field = 0; field < extra.length; field += 4 + extra.readUInt16LE(field + 2)) {
    if (extra.readUInt16LE(field) !== 1) continue;
    for (let i = 0; i < extra.readUInt16LE(field + 2) >> 3; i++) wide.push(extra.readBigUInt64LE(field + 4 + i * 8));
  }
  return [24, 20, 42].map((offset) => {
    const value = zip.readUInt32LE(at + offset);
    return value === 0xffffffff ? Number(wide.shift()) : value;
  });
}

function read(zip, header, packed, deflated) {
  const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const data = zip.subarray(start, start + packed);
  return deflated ? inflateRawSync(data) : data;
}
