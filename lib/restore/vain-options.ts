import type { RestoreOptions } from './restore-report.js';

type Switch = 'redacted' | 'translate' | 'ignoreMigrations' | 'readBack' | 'skipFiles';

/** Those that are about the rows, or leave nothing beside them. */
const OF_DATABASE: readonly Switch[] = ['skipFiles', 'redacted', 'translate', 'ignoreMigrations', 'readBack'];

/** The option that would do nothing, or leave nothing to do, beside `skipDatabase`. */
export function vainWithoutDatabase(options: RestoreOptions): Switch | undefined {
  return options.skipDatabase ? OF_DATABASE.find((name) => options[name]) : undefined;
}
