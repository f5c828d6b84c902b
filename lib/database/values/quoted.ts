/**
 * The position after the quote that ends a string in which a backslash escapes the next character.
 * No regular expression is used: they run out of stack on long strings.
 * @param start position of its first quote
 */
export function endOfQuoted(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let before = at - 1;
    while (before > start && text[before] === '\\') before--;
    if ((at - before) % 2 === 1) return at + 1;
  }
  return text.length;
}
