import { setImmediate } from 'node:timers/promises';
import type { UnparsedBlock } from '../../../../../jsonl/format.js';
import type { LinesToLoad, LoadColumn } from '../../../restore-dialect.js';
import type { NullWatch } from '../not-null.js';
import type { BinaryRows } from './binary/rows.js';
import { ChunkBuffer, type CopyChunk, type CopyFormat } from './chunk.js';
import { blockCopier, copyParsed } from './text.js';

/** Fills memory with the rows of a block. @returns how many bytes, or undefined where another form has to be tried */
interface Form {
  readonly format: CopyFormat;
  most(block: UnparsedBlock): number;
  write(block: UnparsedBlock, rows: Buffer): number | undefined;
}

/**
 * Lines in the formats of COPY, in chunks: each block of them in the first form that can have all its rows.
 * @param binary if the table has it
 */
export async function* copyLines(
  columns: readonly LoadColumn[],
  lines: LinesToLoad,
  nulls: NullWatch,
  binary: BinaryRows | undefined,
): AsyncGenerator<CopyChunk> {
  const copyBlock = blockCopier(lines, columns, nulls);
  const forms: Form[] = [
    // Never longer than the lines: a separator replaces a name, `\N` replaces null, `\\x` replaces quotes and a colon.
    { format: 'text', most: ({ bytes }) => bytes.length, write: ({ bytes }, rows) => copyBlock(bytes, rows) },
  ];
  if (binary) {
    forms.unshift({
      format: 'binary',
      most: (block) => binary.most(block),
      write: (block, rows) => binary.encode(block, rows, nulls),
    });
  }
  const buffer = new ChunkBuffer();
  for await (const block of lines.blocks) {
    let isWritten = false;
    for (const { format, most, write } of forms) {
      const before = buffer.takes(format) ? undefined : buffer.take();
      if (before) yield before;
      const length = write(block, buffer.room(most(block)));
      if (length === undefined) continue;
      buffer.add(format, length);
      isWritten = true;
      break;
    }
    const chunk = !isWritten || buffer.isFull || nulls.hasFound ? buffer.take() : undefined;
    if (chunk) yield chunk;
    if (!isWritten) yield* copyParsed(columns, block.rows(), nulls);
    await setImmediate();
  }
  const rest = buffer.take();
  if (rest) yield rest;
}
