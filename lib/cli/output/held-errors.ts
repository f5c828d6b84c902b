import { visibleLines } from '../../support/visible-text.js';

/** What precedes the error in a log line of the library: `Backup <id>: `. */
const PREFIX = /^[^:]*: /;

interface Held {
  readonly text: string;
  readonly say: () => void;
}

/** Errors that were logged while a command ran, held until it is known which of them the command itself printed. */
class HeldErrors {
  private readonly held: Held[] = [];

  hold(text: string, say: () => void): void {
    this.held.push({ text, say });
  }

  /** Prints those that were not printed yet. */
  release(said: string): void {
    for (const { text, say } of this.held.splice(0)) {
      if (!said.includes(visibleLines(text.replace(PREFIX, '')))) say();
    }
  }
}

export const heldErrors = new HeldErrors();
