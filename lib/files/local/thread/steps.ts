/**
 * Steps of staging, one after the other in memory that two threads share. As objects they would be garbage that lives
 * until its batch is taken, which is long enough for V8 to keep all of it for good, hundreds of bytes for each file.
 *
 * A step is `kind(u8) flags(u8) mode(u16) path bytes(u32) content bytes(u32) uid(u32) gid(u32) modified(f64)`, then its
 * path in UTF-8, then its content.
 */

/** Creates a file, which must not exist; sets mode and time of a folder; flushes a file, if its owner may read it. */
const KINDS = ['write', 'describe', 'flush'] as const;

/** The file gets an owner. */
const IS_GIVEN = 1;
/** It is flushed at once, because it cannot be opened again. */
const IS_FLUSHED = 2;
const HEAD_BYTES = 28;

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface Step {
  readonly kind: (typeof KINDS)[number];
  readonly path: string | Buffer;
  readonly mode?: number;
  /** In seconds since 1970. */
  readonly modified?: number;
  readonly owner?: Owner;
  readonly flush?: boolean;
}

/** What a step takes at most. */
export function stepBytes({ path }: Step, content?: Buffer): number {
  // UTF-8 has up to three bytes for each unit of a string.
  return HEAD_BYTES + (typeof path === 'string' ? 3 * path.length : path.length) + (content?.length ?? 0);
}

/** @returns where it ends */
export function writeStep(bytes: Buffer, at: number, step: Step, content?: Buffer): number {
  const { kind, path, mode = 0, modified = 0, owner, flush = false } = step;
  const start = at + HEAD_BYTES;
  const contents = start + (typeof path === 'string' ? bytes.write(path, start) : path.copy(bytes, start));
  bytes[at] = KINDS.indexOf(kind);
  bytes[at + 1] = (owner ? IS_GIVEN : 0) | (flush ? IS_FLUSHED : 0);
  bytes.writeUInt16LE(mode, at + 2);
  bytes.writeUInt32LE(contents - start, at + 4);
  bytes.writeUInt32LE(content?.length ?? 0, at + 8);
  bytes.writeUInt32LE(owner?.uid ?? 0, at + 12);
  bytes.writeUInt32LE(owner?.gid ?? 0, at + 16);
  bytes.writeDoubleLE(modified, at + 20);
  return contents + (content?.copy(bytes, contents) ?? 0);
}

/** It also runs from its source text in the thread, so it must not use anything of this file. */
export function readStep(bytes: Buffer, at: number) {
  const start = at + 28;
  const contents = start + bytes.readUInt32LE(at + 4);
  const end = contents + bytes.readUInt32LE(at + 8);
  return {
    kind: bytes[at] === 0 ? 'write' : bytes[at] === 1 ? 'describe' : 'flush',
    isGiven: (bytes[at + 1]! & 1) !== 0,
    isFlushed: (bytes[at + 1]! & 2) !== 0,
    mode: bytes.readUInt16LE(at + 2),
    uid: bytes.readUInt32LE(at + 12),
    gid: bytes.readUInt32LE(at + 16),
    modified: bytes.readDoubleLE(at + 20),
    path: bytes.toString('utf8', start, contents),
    content: bytes.subarray(contents, end),
    /** Where the next one begins. */
    end,
  };
}
