import { visible } from '../support/visible-text.js';

const SHOWN_CHARACTERS = 200;

/** A name from an archive in quotes, so that it can stand in a log, on a terminal and in a sentence. */
export function shown(name: string): string {
  const cut = name.length > SHOWN_CHARACTERS ? `${name.slice(0, SHOWN_CHARACTERS)}…` : name;
  return visible(JSON.stringify(cut));
}
