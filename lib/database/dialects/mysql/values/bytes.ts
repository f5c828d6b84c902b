import { UnfitError } from '../../../values/neutral.js';
import { withinBytes } from '../../../values/texts.js';

/** @throws UnfitError when it is too long, or the server would pad it with zeros */
export function withinBinary(base: 'binary' | 'varbinary', bytes: Buffer, length: number): Buffer {
  if (base === 'binary' && bytes.length < length) {
    throw new UnfitError(`are shorter than ${length} bytes, and the target fills them up with zeros`);
  }
  return withinBytes(bytes, length);
}
