/** Bytes that can be read at any position: an archive file, or the decrypted content of one. */
export interface ByteSource {
  /** In bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `position`; the range must be inside. */
  read(position: number, length: number): Promise<Buffer>;
  /** The same into memory that the caller has, which is filled completely; a source may be without it. */
  readInto?(position: number, bytes: Buffer): Promise<void>;
  close(): Promise<void>;
}
