import { rmSync, statSync } from 'node:fs';
import { postgres } from '../data/databases.mjs';
import { makeSmallFiles } from '../data/files.mjs';
import { HostProcess } from '../host-process.mjs';
import { alone } from '../race.mjs';
import { hostOfFiles } from './host-of-files.mjs';

const ROW_BYTES = 1000;
const FILE_BYTES = 100;
const MOST_MB = 80;
const SPREAD_MB = 20;
const BYTES_PER_FILE = 150;

/** Memory over the idle process, and time, by size; also the points of the plot. */
export async function memoryRows(context) {
  const points = [];
  for (const megabytes of context.sizes.memoryMb) points.push(...(await ofRows(context, megabytes)));
  for (const count of context.sizes.memoryFiles) points.push(...(await ofFiles(context, count)));
  context.points.push(...points);
  return ['rows', 'files'].flatMap((kind) => ['backup', 'restore'].map((work) => judge(kind, work, points)));
}

async function ofRows({ folder, urls, aesKey, node, log }, megabytes) {
  log(`Memory: ${megabytes} MB of rows`);
  const server = postgres(urls.postgres);
  const database = await server.create((megabytes * 1e6) / ROW_BYTES);
  try {
    return await bothWays('rows', megabytes, { node, database }, `${folder}/memory.zip.crypt`, aesKey);
  } finally {
    await server.drop(database);
  }
}

async function ofFiles({ folder, aesKey, node, log }, count) {
  log(`Memory: ${count} files`);
  const files = `${folder}/memory-files`;
  makeSmallFiles(files, count, FILE_BYTES);
  const setup = { ...hostOfFiles(node, files), compressionLevel: 3 };
  try {
    return await bothWays('files', count, setup, `${folder}/memory.zip.crypt`, aesKey);
  } finally {
    rmSync(files, { recursive: true });
  }
}

/** Each in a process of its own, so that nothing is left of the one before. */
async function bothWays(kind, size, setup, archive, aesKey) {
  const backup = await HostProcess.with(setup, (host) => host.run('backup', { output: archive, aesKey }));
  const archiveMb = statSync(archive).size / 1e6;
  const restore = await HostProcess.with(setup, (host) => host.run('restore', { archive, aesKey }));
  rmSync(archive);
  return [
    { kind, work: 'backup', size, archiveMb, ...backup },
    { kind, work: 'restore', size, archiveMb, ...restore },
  ];
}

function judge(kind, work, points) {
  const own = points.filter((point) => point.kind === kind && point.work === work);
  const unit = kind === 'rows' ? 'MB of rows' : 'files';
  // The ZIP's directory is allowed for.
  const flat = own.map(({ megabytes, size }) => megabytes - (kind === 'files' ? (size * BYTES_PER_FILE) / 1e6 : 0));
  const first = flat[0];
  const value = Math.max(...flat);
  const met = value <= MOST_MB && value - first <= SPREAD_MB;
  const range = `${own[0].size} to ${own.at(-1).size} ${unit}`;
  const measured = own.map(({ megabytes }) => megabytes.toFixed(0)).join(', ');
  const allowance = kind === 'files' ? ' + 150 B a file' : '';
  const target = `≤ 80 MB, flat within 20${allowance}`;
  return alone(`memory over idle, ${work} of ${range}`, `${measured} MB`, target, { met, value });
}
