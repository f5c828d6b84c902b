#!/usr/bin/env node
import { cleanUpWhenInterrupted } from '../when-interrupted.js';
import { runProgram } from './program.js';

cleanUpWhenInterrupted();

// Set, not exited with: what is still on its way to a pipe must arrive.
process.exitCode = await runProgram(process.argv);
