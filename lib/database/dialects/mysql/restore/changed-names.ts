/** Text and remarks, which may contain what looks like a name. Code within version-specific remarks counts as code. */
const NO_NAMES = /'(?:[^'\\]|''|\\[\s\S])*'|--[^\n]*|#[^\n]*|\/\*(?!M?!)[\s\S]*?\*\//g;
const FOR_SOME_SERVERS = /\/\*M?!\d*|\*\//g;
const NAME = /`((?:[^`]|``)+)`|([\w$\u0080-\uffff]+)/g;

/** Statements that consist of keywords and the names of what they remove. */
const ALL_NAMES = /^\s*(?:DROP|RENAME|TRUNCATE)\b/i;
/** Statements that change one object, whose name follows its kind. */
const ONE_NAME =
  /^\s*(?:ALTER|CREATE\s+OR\s+REPLACE)\b[^(]*?\b(?:TABLE|VIEW|SEQUENCE|PROCEDURE|FUNCTION|EVENT|TRIGGER)\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?((?:`(?:[^`]|``)+`|[\w$.\u0080-\uffff])+)/i;

/**
 * The names, in lower case, of what a statement would drop, rename, empty or replace, and some keywords. Not included
 * are what it creates, and what a procedure does that it calls.
 */
export function changedNames(sql: string): string[] {
  const plain = sql.replaceAll(NO_NAMES, ' ').replaceAll(FOR_SOME_SERVERS, ' ');
  return plain.split(';').flatMap((statement) => {
    const names = ALL_NAMES.test(statement) ? statement : ONE_NAME.exec(statement)?.[1];
    return [...(names ?? '').matchAll(NAME)].map(([, quoted, plainName]) =>
      (quoted?.replaceAll('``', '`') ?? plainName!).toLowerCase(),
    );
  });
}
