/** `row`, `rows`: for nouns that take an s. */
export function plural(noun: string, count: number): string {
  return count === 1 ? noun : `${noun}s`;
}
