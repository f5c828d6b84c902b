/** Bytes that can be read at any position: an archive file, or the decrypted content of one. */
export interface ByteSource {
  /** In bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `position`; the range must be inside. */
  read(position: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** One that also fills memory which the caller has. */
export interface FillingSource extends ByteSource {
  /** Exactly as many bytes as there is room for. */
  readInto(position: number, bytes: Buffer): Promise<void>;
}

export function isFilling(source: ByteSource): source is FillingSource {
  return 'readInto' in source;
}
