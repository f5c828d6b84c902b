import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { wrongUsage } from '../../errors/usage-errors.js';

/** What to say when nothing can be asked, or nothing is answered. */
export interface Unanswered {
  readonly noTerminal: string;
  readonly nothingTyped: string;
  readonly remedy: string;
}

/**
 * Prompts on the terminal without echoing what is typed.
 * @throws BackupError `WRONG_USAGE` without a terminal, and when the prompt is left
 */
export async function ask(question: string, { noTerminal, nothingTyped, remedy }: Unanswered): Promise<string> {
  if (!process.stdin.isTTY) throw wrongUsage(noTerminal, remedy);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // From here on the terminal echoes nothing.
  const prompt = createInterface({ input: process.stdin, output: silent, terminal: true });
  const left = new AbortController();
  prompt.once('SIGINT', () => prompt.close());
  prompt.once('close', () => left.abort());
  process.stderr.write(question);
  try {
    return await prompt.question('', { signal: left.signal });
  } catch (error) {
    throw left.signal.aborted ? wrongUsage(nothingTyped, `Type it. ${remedy}`) : error;
  } finally {
    prompt.close();
    process.stderr.write('\n');
  }
}
