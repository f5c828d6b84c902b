import { type Zstd, zstd } from '../../support/zstd.js';
import { zstdFrame } from '../../support/zstd-frame.js';
import { BLOCK_LAYOUT, zstdBlocks } from './block-worker.js';

let works: boolean | undefined;

/** Whether this Node makes zstd frames as `zstdBlocks` needs them. */
export function zstdWorks(): boolean {
  works ??= zstd !== undefined && makesFrames(zstd);
  return works;
}

/** Makes two frames, one after the other, each of two blocks. */
function makesFrames({ zstdDecompressSync }: Zstd): boolean {
  const layout = { ...BLOCK_LAYOUT, dictionary: 0 };
  const first = Buffer.from('two blocks, two blocks');
  try {
    const compress = zstdBlocks({ level: 1, layout });
    return [first, Buffer.alloc(0)].every((second) => {
      const pieces = [first, second].map((bytes, index) => {
        const request = { block: 0, dictionary: index, length: bytes.length, last: index === 1, doubtful: false };
        return Buffer.from(compress(bytes, request)); // The next one may use the same memory.
      });
      const [made, frame] = [Buffer.concat(pieces), zstdFrame()];
      const isOne = frame.take(made) === made.length;
      return isOne && zstdDecompressSync(made).equals(Buffer.concat([first, second]));
    });
  } catch {
    return false;
  }
}
