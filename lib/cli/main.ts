#!/usr/bin/env node
import { runProgram } from './program.js';

// Set, not exited with: what is still on its way to a pipe must arrive.
process.exitCode = await runProgram(process.argv);
