import { createCipheriv } from 'node:crypto';
import { Readable } from 'node:stream';
import { openDecrypted } from '../../dist/crypto/decrypted-source.js';
import { SegmentDecryptor } from '../../dist/crypto/segment-cipher.js';
import { deriveKey, segmentNonce } from '../../dist/crypto/segment-format.js';
import { mutateBytes } from './mutate-bytes.mjs';
import { attempt, must, sourceOf } from './outcome.mjs';

const KEY = Buffer.alloc(32, 7);
const HEADER = 40;
const TAG = 16;

/** A stream as the format says, written here and not by the library. */
function streamOf(plain, segmentBytes, chance) {
  const header = Buffer.concat([Buffer.of(HEADER), chance.bytes(39)]);
  const key = deriveKey(KEY, header.subarray(1, 33));
  const segments = [];
  for (let at = 0; at < plain.length || segments.length === 0; ) {
    const room = segmentBytes - TAG - (segments.length === 0 ? HEADER : 0);
    const last = plain.length - at <= room;
    const cipher = createCipheriv('aes-256-gcm', key, segmentNonce(header.subarray(33), segments.length, last));
    const sealed = [cipher.update(plain.subarray(at, at + room)), cipher.final(), cipher.getAuthTag()];
    segments.push(Buffer.concat(sealed));
    at += room;
  }
  return { header, segments };
}

const ORDERS = [
  (segments, chance) => segments.toSpliced(chance.between(0, segments.length), 1),
  (segments, chance) => segments.toSpliced(chance.between(0, segments.length), 0, chance.of(segments)),
  (segments) => segments.toReversed(),
  (segments, chance) => segments.slice(0, chance.between(0, segments.length)),
  (segments, chance) => segments.slice(chance.between(0, segments.length)),
];

/** Encrypted streams: what is not exactly what was written is refused, and no byte that was not written comes out. */
export const segments = {
  make(chance) {
    const segmentBytes = chance.of([57, 64, 100, 1000]);
    const plain = chance.bytes(chance.between(0, segmentBytes * 4));
    const stream = streamOf(plain, segmentBytes, chance);
    const { header } = stream;
    const whole = Buffer.concat([header, ...stream.segments]);
    const kind = chance.between(0, 5);
    const other = streamOf(plain, segmentBytes, chance);
    const mixed = stream.segments.map((segment, index) => (chance.between(0, 2) ? segment : other.segments[index]));
    const bytes =
      kind === 0
        ? whole
        : kind === 1
          ? Buffer.concat([header, ...chance.of(ORDERS)(stream.segments, chance)])
          : kind === 2
            ? Buffer.concat([header, ...mixed])
            : mutateBytes(whole, chance);
    return { plain, segmentBytes, whole, bytes, size: bytes.length };
  },

  async run({ plain, segmentBytes, whole, bytes }) {
    const isWhole = bytes.equals(whole);
    const out = [];
    const streamed = await attempt(['DECRYPTION_FAILED'], async () => {
      const decryptor = Readable.from([bytes]).pipe(new SegmentDecryptor(KEY, { segmentBytes }));
      for await (const chunk of decryptor) out.push(chunk);
      return true;
    });
    const read = await attempt(['DECRYPTION_FAILED'], async () => {
      const source = await openDecrypted(sourceOf(bytes), KEY, { segmentBytes });
      const half = Math.floor(source.size / 2);
      return Buffer.concat([await source.read(0, half), await source.read(half, source.size - half)]);
    });
    const given = Buffer.concat(out);
    must(given.equals(plain.subarray(0, given.length)), 'It gave bytes that were never written.');
    must(isWhole === (streamed === true), `A stream that is ${isWhole ? '' : 'not '}whole was judged otherwise.`);
    must(isWhole === (read !== undefined), `Read at places, it was judged otherwise (whole: ${isWhole}).`);
    must(read === undefined || read.equals(plain), 'Read at places, it gave other bytes.');
    return isWhole;
  },
};
