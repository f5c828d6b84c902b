import type { CompressBlock, WorkerSetup } from './block-format.js';

/** The part of a compressing thread's program that deflates. It is started from its source text as well. */
export function deflateBlocks({ level, layout }: Pick<WorkerSetup, 'level' | 'layout'>): CompressBlock {
  const { constants, deflateRawSync } = process.getBuiltinModule('node:zlib');
  const SAMPLES = 4;
  const SAMPLE_BYTES = 4 * 1024;

  /** Noise and compressed data are passed through: deflating them takes as long as anything else. */
  const isNoise = (input: Buffer): boolean => {
    let deflated = 0;
    for (let sample = 0; sample < SAMPLES; sample++) {
      const start = Math.floor((input.length / SAMPLES) * sample);
      deflated += deflateRawSync(input.subarray(start, start + SAMPLE_BYTES), { level }).length;
    }
    return deflated > SAMPLES * SAMPLE_BYTES * 0.98;
  };

  return (bytes, { dictionary, length, last, doubtful }) => {
    const input = bytes.subarray(layout.dictionary, layout.dictionary + length);
    return deflateRawSync(input, {
      level: doubtful && isNoise(input) ? 0 : level,
      chunkSize: layout.outputBytes,
      ...(dictionary > 0 ? { dictionary: bytes.subarray(layout.dictionary - dictionary, layout.dictionary) } : {}),
      finishFlush: last ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
    });
  };
}
