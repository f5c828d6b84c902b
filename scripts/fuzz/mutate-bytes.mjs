/** Sizes and counts at which readers go wrong. */
const ODD_NUMBERS = [0, 1, 2, 15, 16, 17, 39, 40, 41, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000];
const MUTATIONS = [flip, overwrite, putNumber, cutEnd, append, remove, repeat, insert, swap];

/** Changes bytes in one to four places. */
export function mutateBytes(bytes, chance) {
  let changed = Buffer.from(bytes);
  for (let times = chance.between(1, 4); times > 0; times--) changed = chance.of(MUTATIONS)(changed, chance);
  return changed;
}

/** A place and a length that lie inside. */
export function range(bytes, chance, most = 200) {
  const start = chance.between(0, bytes.length);
  return [start, start + chance.between(0, Math.min(most, bytes.length - start))];
}

export const oddNumber = (chance) => (chance.between(0, 4) ? chance.of(ODD_NUMBERS) : chance.between(0, 0xffffffff));

function flip(bytes, chance) {
  if (bytes.length > 0) bytes[chance.between(0, bytes.length - 1)] ^= 1 << chance.between(0, 7);
  return bytes;
}

function overwrite(bytes, chance) {
  const [start, end] = range(bytes, chance, 16);
  chance.bytes(end - start).copy(bytes, start);
  return bytes;
}

function putNumber(bytes, chance) {
  const size = chance.of([1, 2, 4]);
  if (bytes.length < size) return bytes;
  const value = oddNumber(chance) % 2 ** (8 * size);
  bytes.writeUIntLE(value, chance.between(0, bytes.length - size), size);
  return bytes;
}

function cutEnd(bytes, chance) {
  return bytes.subarray(0, chance.between(0, bytes.length));
}

function append(bytes, chance) {
  return Buffer.concat([bytes, chance.bytes(chance.between(1, 60))]);
}

function remove(bytes, chance) {
  const [start, end] = range(bytes, chance);
  return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
}

function repeat(bytes, chance) {
  const [start, end] = range(bytes, chance);
  return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]);
}

function insert(bytes, chance) {
  const at = chance.between(0, bytes.length);
  return Buffer.concat([bytes.subarray(0, at), chance.bytes(chance.between(1, 30)), bytes.subarray(at)]);
}

function swap(bytes, chance) {
  const [start, end] = range(bytes, chance);
  const to = chance.between(end, bytes.length);
  return Buffer.concat([
    bytes.subarray(0, start),
    bytes.subarray(end, to),
    bytes.subarray(start, end),
    bytes.subarray(to),
  ]);
}
