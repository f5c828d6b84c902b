import { visibleLines } from '../../support/visible-text.js';

/** What stands before the error itself in a line of the library: `Backup <id>: `. */
const PREFIX = /^[^:]*: /;

interface Held {
  readonly text: string;
  readonly say: () => void;
}

/** Errors that were logged while a command ran, until it is known what the command itself has said of them. */
class HeldErrors {
  private readonly held: Held[] = [];

  hold(text: string, say: () => void): void {
    this.held.push({ text, say });
  }

  /** Says what nobody has said yet. */
  release(said: string): void {
    for (const { text, say } of this.held.splice(0)) {
      if (!said.includes(visibleLines(text.replace(PREFIX, '')))) say();
    }
  }
}

export const heldErrors = new HeldErrors();
