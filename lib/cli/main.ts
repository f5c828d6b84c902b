#!/usr/bin/env node
import { cleanUp } from '../support/when-interrupted.js';
import { ExitCode } from './exit-codes.js';
import { endBy, gaveWayTo, handleSignals } from './interruption.js';
import { runProgram, sayInterrupted } from './program.js';
import { flushed } from './output/terminal.js';

let isOver = false;

handleSignals(sayInterrupted);
process.on('exit', (code) => {
  cleanUp();
  if (isOver || code !== 0) return;
  // Nobody may take this for a backup that was made.
  process.exitCode = ExitCode.FAILED;
  process.stderr.write('The application ended this process before the command was done.\n');
});

void run();

async function run(): Promise<void> {
  const code = await runProgram(process.argv);
  isOver = true;
  await flushed();
  const signal = gaveWayTo();
  if (signal) endBy(signal);
  // Whatever the application leaves running (timers, sockets) keeps no process alive whose work is done.
  else process.exit(code);
}
