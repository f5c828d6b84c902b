#!/usr/bin/env node
import { cleanUp } from '../support/when-interrupted.js';
import { ExitCode } from './exit-codes.js';
import { endBy, gaveWayTo, handleSignals } from './interruption.js';
import { flushed, lostResults, outliveReaders } from './output/terminal.js';
import { resultIsAll, runProgram, sayInterrupted } from './program.js';

let isOver = false;

handleSignals(sayInterrupted);
outliveReaders();
process.on('exit', (code) => {
  cleanUp();
  if (isOver || code !== 0) return;
  // Exit code 0 would look like a finished backup.
  process.exitCode = ExitCode.FAILED;
  process.stderr.write('The application ended this process before the command was done.\n');
});

void run();

async function run(): Promise<void> {
  let code = await runProgram(process.argv);
  isOver = true;
  await flushed();
  const reason = lostResults();
  if (reason && code === ExitCode.DONE) {
    const isDone = !resultIsAll();
    if (!isDone) code = ExitCode.FAILED;
    process.stderr.write(
      `The result could not be written (${reason})${isDone ? '; the command itself succeeded' : ''}.\n`,
    );
    await flushed();
  }
  const signal = gaveWayTo();
  if (signal) endBy(signal);
  // What the application leaves running (timers, sockets) must not keep the process alive.
  else process.exit(code);
}
