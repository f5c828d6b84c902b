// Preloaded: the process stops itself before it moves the first old entry out of its place, until it is told to go on.
import { createRequire, syncBuiltinESMExports } from 'node:module';

const fs = createRequire(import.meta.url)('node:fs/promises');
const { rename } = fs;
let hasStopped = false;
fs.rename = async (from, to) => {
  if (!hasStopped && String(to).includes('/old/')) {
    hasStopped = true;
    process.kill(process.pid, 'SIGSTOP');
  }
  return rename(from, to);
};
syncBuiltinESMExports();
