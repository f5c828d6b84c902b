import type { BackupManifest } from '../../manifest/manifest.js';
import { duration } from '../../support/quantities.js';
import { visible } from '../../support/visible-text.js';
import { type ExitCode, exitCodeFor } from '../exit-codes.js';
import type { Terminal } from './terminal.js';

/** How a command ended. */
export interface Ending {
  /** For people. */
  readonly text: string;
  /** For machines, with `--json`. */
  readonly json: object;
  readonly manifest: Pick<BackupManifest, 'complete' | 'skipped'>;
  /** Problems that need attention although the command succeeded; printed even when quiet. */
  readonly problems?: readonly string[];
}

/**
 * Prints how a command ended. When quiet, it prints nothing if all is well, since cron mails whatever is printed; a backup
 * that lacks files is still reported.
 */
export function conclude(
  terminal: Terminal,
  options: { readonly json?: boolean },
  { text, json, manifest, problems = [] }: Ending,
): ExitCode {
  if (options.json) {
    terminal.json({ ...json, milliseconds: terminal.milliseconds });
  } else if (terminal.quiet) {
    const lines = [...problems, ...leftOut(manifest)];
    if (lines.length > 0) terminal.warn(lines.map(visible).join('\n'));
  } else {
    terminal.result(text);
  }
  sayDone(terminal);
  return exitCodeFor(manifest);
}

/** The last line of every command that may take long. */
export function sayDone(terminal: Terminal): void {
  terminal.message(`Done in ${duration(terminal.milliseconds)}.`);
}

/** Which files a backup lacks, if any. */
export function leftOut({ complete, skipped }: Ending['manifest']): string[] {
  return [
    ...skipped.map(({ path, reason }) => `left out of the backup: ${path}: ${reason}`),
    ...(complete ? [] : ['NOT COMPLETE: files were left out of the backup (exit code 5)']),
  ];
}
