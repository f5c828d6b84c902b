/**
 * Frees memory that a stream of zlib has filled to its end, once its last reader has read it: the stream has new memory by
 * then. Where garbage of bytes is collected late, as V8 does from Node 24 on, it would stay for long. It also runs from
 * its source text in a thread, so it must not use anything outside itself.
 * @param bytes as the stream gave them out
 * @param chunkSize of the stream, which is larger than what Node shares among small buffers
 */
export function freeFilled(bytes: Uint8Array, chunkSize: number): void {
  const buffer = bytes.buffer as ArrayBuffer & { transfer?(length: number): ArrayBuffer };
  // Node 20 has no such method, and collects them early.
  const isFilled = bytes.byteOffset + bytes.length === buffer.byteLength;
  if (isFilled && buffer.byteLength >= chunkSize) buffer.transfer?.(0);
}
