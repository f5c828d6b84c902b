/**
 * Feeds the readers of archives with inputs that nobody sane would write: `npm run fuzz -- [--inputs 200000]
 * [--seconds 900] [--seed N] [--only zip]`. What an input finds is kept in the corpus, and tried first from then on.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '200000' },
    seconds: { type: 'string', default: '900' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    only: { type: 'string' },
    corpus: { type: 'string', default: fileURLToPath(new URL('corpus', import.meta.url)) },
  },
});
const targets = values.only ? [values.only] : ['segments', 'zip', 'manifest', 'lines'];
/** Without a sign of life for so long, in milliseconds, a reader hangs. */
const SILENCE = 30_000;
const AT_ONCE = 2;

/** One target in a process of its own, which is killed when it hangs. */
function fuzz(name) {
  return new Promise((resolve) => {
    const each = Math.ceil(Number(values.inputs) / targets.length);
    const seconds = Math.ceil((Number(values.seconds) * Math.min(AT_ONCE, targets.length)) / targets.length);
    const worker = fileURLToPath(new URL('worker.mjs', import.meta.url));
    const begun = performance.now();
    const child = fork(worker, [name, values.seed, String(each), String(seconds), values.corpus]);
    let last = { name, done: 0, accepted: 0, slowest: 0, peak: 0, replayed: 0 };
    const hangs = () => {
      last = { ...last, finding: `it hangs within 50 inputs after ${last.done} of seed ${values.seed}` };
      child.kill('SIGKILL');
    };
    let timer = setTimeout(hangs, SILENCE);
    child.on('message', (state) => {
      last = state;
      clearTimeout(timer);
      timer = setTimeout(hangs, SILENCE);
    });
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      if (!last.ended && !last.finding) {
        last = { ...last, finding: `its process ended (${signal ?? code}) after ${last.done}` };
      }
      resolve({ ...last, seconds: (performance.now() - begun) / 1000 });
    });
  });
}

console.log(`Seed ${values.seed}`);
const waiting = [...targets];
const results = [];
const work = async () => {
  for (let name = waiting.shift(); name; name = waiting.shift()) results.push(await fuzz(name));
};
await Promise.all(Array.from({ length: AT_ONCE }, work));

console.table(
  Object.fromEntries(
    results.map(({ name, done, accepted, replayed, seconds, slowest, peak }) => [
      name,
      {
        ...{ inputs: done, accepted, replayed, seconds: Number(seconds.toFixed(1)) },
        ...{ 'slowest ms': Math.round(slowest), 'peak MB': Math.round(peak / 1e6) },
      },
    ]),
  ),
);
const findings = results.filter(({ finding }) => finding);
for (const { name, finding } of findings) console.error(`${name}: ${finding}`);
console.log(`${results.reduce((sum, { done }) => sum + done, 0)} inputs, ${findings.length} findings`);
process.exitCode = findings.length > 0 ? 1 : 0;
