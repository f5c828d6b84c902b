import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { Chance } from '../../test/fixtures/chance.mjs';
import { lines } from './lines.mjs';
import { manifest } from './manifest.mjs';
import { Finding } from './outcome.mjs';
import { segments } from './segments.mjs';
import { zip } from './zip.mjs';

const TARGETS = { segments, zip, manifest, lines };
/** An input may take this long, in milliseconds, and the process this much memory, in bytes. */
const SLOW = 5_000;
const MEMORY = 700e6;

const [name, seed, inputs, seconds, corpus] = process.argv.slice(2);
const target = TARGETS[name];
const state = { name, done: 0, accepted: 0, slowest: 0, peak: 0, replayed: 0 };
let current;

const found = (problem) => {
  const file = `${corpus}/${name}-${seed}-${state.done}`;
  if (current) writeFileSync(file, serialize(current));
  process.send({ ...state, finding: `input ${state.done} of seed ${seed}, kept as ${file}: ${problem}` });
  process.exitCode = 1;
  process.disconnect();
};
process.on('unhandledRejection', (error) => found(`unhandled rejection: ${error?.stack ?? error}`));
process.on('uncaughtException', (error) => found(`uncaught exception: ${error?.stack ?? error}`));

async function tryInput(input) {
  current = input;
  const begun = performance.now();
  const isAccepted = await target.run(input);
  const took = performance.now() - begun;
  state.slowest = Math.max(state.slowest, took);
  if (took > SLOW) throw new Finding(`It took ${Math.round(took)} ms.`);
  return isAccepted;
}

try {
  for (const file of readdirSync(corpus).filter((one) => one.startsWith(`${name}-`))) {
    await tryInput(deserialize(readFileSync(`${corpus}/${file}`)));
    state.replayed++;
  }
  const end = performance.now() + Number(seconds) * 1_000;
  for (; state.done < Number(inputs) && performance.now() < end; state.done++) {
    // Each input by itself, so that one can be made again without the others.
    const chance = new Chance(Math.imul(Number(seed), 0x9e3779b1) + state.done);
    if (await tryInput(target.make(chance))) state.accepted++;
    if (state.done % 50 === 0) {
      state.peak = Math.max(state.peak, process.memoryUsage.rss());
      if (state.peak > MEMORY) throw new Finding(`The process has ${state.peak} bytes of memory.`);
      process.send(state);
    }
  }
  process.send({ ...state, ended: true });
  process.disconnect();
} catch (error) {
  found(error?.stack ?? error);
}
