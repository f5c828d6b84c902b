/** Strings, quoted names and comments first: what is inside them is not a keyword. */
const TOKEN =
  /('(?:[^']|'')*')|("(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])|(--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|([\w$\u0080-\uffff]+)|(\S)/g;

/** A token of SQLite's own grammar. */
export interface SqlToken {
  readonly kind: 'string' | 'name' | 'word' | 'sign';
  /** Without quotes; keywords in upper case. */
  readonly text: string;
  /** As it is written. */
  readonly source: string;
}

/** The tokens of a statement, without comments. */
export function sqlTokens(sql: string): SqlToken[] {
  const tokens: SqlToken[] = [];
  for (const [source, string, name, comment, word] of sql.matchAll(TOKEN)) {
    if (comment !== undefined) continue;
    if (word !== undefined) tokens.push({ kind: 'word', text: word.toUpperCase(), source });
    else if (string === undefined && name === undefined) tokens.push({ kind: 'sign', text: source, source });
    else tokens.push({ kind: string === undefined ? 'name' : 'string', text: unquoted(source), source });
  }
  return tokens;
}

/** Whether a statement contains a keyword that SQLite never accepts as a name. */
export function hasKeyword(sql: string, keyword: string): boolean {
  return sqlTokens(sql).some(({ kind, text }) => kind === 'word' && text === keyword);
}

function unquoted(source: string): string {
  const [quote, inside] = [source[0]!, source.slice(1, -1)];
  return quote === '[' ? inside : inside.replaceAll(quote + quote, quote);
}

/** The expressions of the checks in the text of a table, normalised for whitespace and comments. */
export function checkExpressions(sql: string): string[] {
  const tokens = sqlTokens(sql);
  return tokens.flatMap(({ kind, text }, index) => {
    const isCheck = kind === 'word' && text === 'CHECK' && tokens[index + 1]?.source === '(';
    return isCheck ? [bracketed(tokens.slice(index + 1))] : [];
  });
}

/** From an opening bracket to the matching one. */
function bracketed(tokens: readonly SqlToken[]): string {
  let depth = 0;
  const end = tokens.findIndex(({ source }) => {
    if (source === '(') depth++;
    if (source === ')') depth--;
    return depth === 0;
  });
  return tokens
    .slice(0, end + 1)
    .map(({ source }) => source)
    .join(' ');
}
