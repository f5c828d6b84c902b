const SHOWN_CHARACTERS = 200;
/** Controls, invisible characters and those that turn the direction of writing, which JSON lets pass. */
const TRICKY = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A name from an archive in quotes, so that it can stand in a log, on a terminal and in a sentence. */
export function shown(name: string): string {
  const cut = name.length > SHOWN_CHARACTERS ? `${name.slice(0, SHOWN_CHARACTERS)}…` : name;
  return JSON.stringify(cut).replace(
    TRICKY,
    (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  );
}
