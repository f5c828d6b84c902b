const WORD_BYTES = 4;

/** A text that is looked for at one place of many lines: compared four bytes at a time. */
export class Literal {
  private readonly bytes: Buffer;
  private readonly words: Int32Array;
  /** The last four bytes, most of which may also be in the word before. */
  private readonly last: number;

  constructor(text: string) {
    const bytes = Buffer.from(text);
    this.bytes = bytes;
    const count = Math.floor(bytes.length / WORD_BYTES);
    this.words = Int32Array.from({ length: count }, (_, index) => bytes.readInt32LE(index * WORD_BYTES));
    this.last = count > 0 ? bytes.readInt32LE(bytes.length - WORD_BYTES) : 0;
  }

  /**
   * @param length of the view, which engines are slow to tell
   * @returns the position after the text if it begins here, or -1
   */
  after(view: DataView, length: number, at: number): number {
    const { bytes, words } = this;
    const end = at + bytes.length;
    if (end > length) return -1;
    if (words.length === 0) {
      for (let index = 0; index < bytes.length; index++) if (view.getUint8(at + index) !== bytes[index]) return -1;
      return end;
    }
    for (let index = 0; index < words.length; index++) {
      if (view.getInt32(at + index * WORD_BYTES, true) !== words[index]) return -1;
    }
    return view.getInt32(end - WORD_BYTES, true) === this.last ? end : -1;
  }
}
