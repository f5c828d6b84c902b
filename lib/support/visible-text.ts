/** Controls, invisible characters and those that turn the direction of writing. */
const TRICKY = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** The same, but for what ends a line. */
const TRICKY_IN_LINES = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Text of others (a name, a server's error, part of a request) as it may stand in one line of a terminal, a log, an answer
 * or an event: whatever would be acted on, or not be seen, is written as a JSON string writes it.
 */
export function visible(text: string): string {
  return text.replace(TRICKY, escaped);
}

/** Lines of our own that hold text of others; what ends a line does so here, too. JSON stays the same JSON. */
export function visibleLines(text: string): string {
  return text.replace(TRICKY_IN_LINES, escaped);
}

/** As `visible`, and no longer than a column or a line has room for, in characters. */
export function visibleUpTo(most: number, text: string): string {
  // A character is two units of UTF-16 at most; what is further behind is not even looked at.
  return [...visible(text.slice(0, 2 * most))].slice(0, most).join('');
}

/** Where somebody else's error was thrown, for the log. */
export function stackOf(error: unknown): string {
  return visibleLines(String((error as Error | undefined)?.stack ?? error));
}

/** A character as JSON has it, in UTF-16. */
export function escaped(character: string): string {
  return [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('');
}

const MOST_OF_A_NAME = 200;

/** A name of others in quotes, so that it can stand in a log, on a terminal and in a sentence. */
export function displayName(name: string): string {
  const cut = name.length > MOST_OF_A_NAME ? `${name.slice(0, MOST_OF_A_NAME)}…` : name;
  return visible(JSON.stringify(cut));
}
