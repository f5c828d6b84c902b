/** An identity, also where the next one follows at once: a field of one line drops the line breaks of what is pasted. */
const IDENTITY = /AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]+?(?=AGE-|[^A-Z0-9]|$)/g;

/** The identities in what was typed or pasted, as the server takes them; undefined without any. */
export function identityIn(text: string): string | undefined {
  return text.match(IDENTITY)?.join('\n');
}
