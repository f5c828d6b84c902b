/** How much structure a JSON text may have. */
export interface StructureLimits {
  /** Nesting depth of objects and arrays. */
  readonly depth: number;
  /** Number of objects and arrays. */
  readonly containers: number;
  /** Number of values. */
  readonly values: number;
}

/**
 * Whether a JSON text has no more structure than expected. Once parsed, structure takes up to fifty times the memory of
 * its text; the content of strings does not, and is skipped quickly. Says nothing about whether the text is valid.
 */
export function hasPlainStructure(text: string, limits: StructureLimits): boolean {
  let depth = 0;
  let containers = 0;
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = endOfString(text, at);
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > limits.depth || ++containers > limits.containers) return false;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
      case 0x2c: // ,
        if (++values > limits.values) return false;
        break;
      default:
    }
  }
  return true;
}

/** Where the string that starts at `start` ends; the end of the text if it does not. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}
