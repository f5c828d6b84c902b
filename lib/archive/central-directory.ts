import type { ZipArchive } from 'archiver';
import { setImmediate } from 'node:timers/promises';
import { type ZipEngine, zipEngine } from './zip-engine.js';

/** About a millisecond's work. */
const ENTRIES_AT_A_TIME = 200;

const NEEDED = [
  '_finish',
  '_writeCentralFileHeader',
  '_writeCentralDirectoryZip64',
  '_writeCentralDirectoryEnd',
  'isZip64',
  'end',
] as const;

/**
 * Makes an archive write its central directory a few entries at a time, and no faster than it is read. archiver's engine
 * writes it in one go, which holds the event loop (a second for 200 000 entries) and keeps all of it in memory. An engine
 * that does not look as expected is left to its own way, which is correct too.
 */
export function sliceCentralDirectory(archive: ZipArchive): void {
  const engine = zipEngine(archive);
  if (!NEEDED.every((name) => typeof engine[name] === 'function')) return;
  engine._finish = () => {
    writeInSlices(engine as ZipEngine).catch((error) => archive.destroy(error as Error));
  };
}

async function writeInSlices(engine: ZipEngine): Promise<void> {
  const { _archive: state, _entries: entries } = engine;
  state.centralOffset = engine.offset;
  for (let index = 0; index < entries.length; index++) {
    engine._writeCentralFileHeader(entries[index]);
    if (index % ENTRIES_AT_A_TIME === ENTRIES_AT_A_TIME - 1) {
      await setImmediate();
      // Of an archive that was broken off nobody reads the rest, and this is never resumed.
      if (engine.writableNeedDrain) await new Promise<void>((resolve) => engine.once('drain', resolve));
    }
  }
  state.centralLength = engine.offset - state.centralOffset;
  if (engine.isZip64()) engine._writeCentralDirectoryZip64();
  engine._writeCentralDirectoryEnd();
  state.finished = true;
  engine.end();
}
