/** The same for every copy of this library in the process. */
const ONE_COMMAND = Symbol.for('nestjs-backup:one-command');
const marked = globalThis as { [ONE_COMMAND]?: boolean };

/**
 * For the command line: a process that runs one command boots the whole application, and does nothing else. A restore
 * would have to wait for the backup of a schedule, or find that of an empty database in its destination.
 */
export function runOneCommand(): void {
  marked[ONE_COMMAND] = true;
}

export function runsOneCommand(): boolean {
  return marked[ONE_COMMAND] === true;
}
