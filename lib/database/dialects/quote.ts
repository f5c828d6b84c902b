/** An SQL identifier in the given quotes, embedded quotes doubled (older TypeORM's `driver.escape` does not double). */
export function quoteIdentifier(name: string, quote: '"' | '`' = '"'): string {
  return quote + name.replaceAll(quote, quote + quote) + quote;
}
