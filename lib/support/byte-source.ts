/** Bytes that can be read at any place: an archive file, or what is encrypted inside of one. */
export interface ByteSource {
  /** In bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `position`; both lie inside. */
  read(position: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}
