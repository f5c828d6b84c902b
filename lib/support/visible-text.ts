/** Control characters, invisible characters, and those that change the text direction. */
const TRICKY = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** The same, except line endings. */
const TRICKY_IN_LINES = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Makes untrusted text (a name, a server's error, part of a request) safe for one line of a terminal, a log, an answer or an
 * event: whatever would be interpreted, or be invisible, is escaped as in a JSON string.
 */
export function visible(text: string): string {
  return text.replace(TRICKY, escaped);
}

/** For lines of our own that contain untrusted text; line endings are kept. JSON stays equivalent JSON. */
export function visibleLines(text: string): string {
  return text.replace(TRICKY_IN_LINES, escaped);
}

/** Like `visible`, cut to the room in a column or a line, in characters. */
export function visibleUpTo(most: number, text: string): string {
  // A character has at most two UTF-16 units; anything beyond that need not be looked at.
  return [...visible(text.slice(0, 2 * most))].slice(0, most).join('');
}

/** Where a foreign error was thrown, for the log. */
export function stackOf(error: unknown): string {
  return visibleLines(String((error as Error | undefined)?.stack ?? error));
}

/** A character as JSON escapes it, in UTF-16. */
export function escaped(character: string): string {
  return [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('');
}

const MOST_OF_A_NAME = 200;

/** An untrusted name in quotes, safe in a log, on a terminal and in a sentence. */
export function displayName(name: string): string {
  const cut = name.length > MOST_OF_A_NAME ? `${name.slice(0, MOST_OF_A_NAME)}…` : name;
  return visible(JSON.stringify(cut));
}
