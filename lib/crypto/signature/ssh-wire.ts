/** Strings as SSH writes them (RFC 4251): their length in four bytes, then their bytes. */
export function sshString(bytes: Uint8Array | string): Buffer {
  const content = Buffer.from(bytes as Uint8Array);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}

/** Reads what SSH has written; throws a RangeError where it ends too early. */
export class SshReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  get rest(): Buffer {
    return this.bytes.subarray(this.at);
  }

  fixed(length: number): Buffer {
    if (length > this.bytes.length - this.at) throw new RangeError('It ends too early.');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  number(): number {
    return this.fixed(4).readUInt32BE();
  }

  string(): Buffer {
    return this.fixed(this.number());
  }

  text(): string {
    return this.string().toString('latin1');
  }
}
