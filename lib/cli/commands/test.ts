import type { ExitCode } from '../exit-codes.js';
import type { Terminal } from '../output/terminal.js';
import { type VerifyOptions, verify } from './verify.js';

interface TestOptions extends Omit<VerifyOptions, 'restore'> {
  /** Name of a destination. */
  readonly from: string;
}

/** A restore test of the newest backup in a destination. The result is recorded beside it. */
export function test(terminal: Terminal, { from, ...options }: TestOptions): Promise<ExitCode> {
  return verify(terminal, { ...options, restore: true }, `${from}:latest`);
}
