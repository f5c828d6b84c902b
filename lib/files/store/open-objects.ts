import { buffer } from 'node:stream/consumers';
import type { Prepared, PreparedGroup } from '../read/add-data-directory.js';
import { readAhead } from '../read/read-ahead.js';
import { FileChangedError, type FileDetails, type OpenedFile } from '../read/read-file.js';
import type { FileContent, FileStore } from './file-store.js';
import type { FoundObject } from './walk-store.js';

/** Each takes a network round trip, which matters most for small objects. */
const OBJECTS_AHEAD = 8;
/** Objects up to this size are read ahead, in bytes. */
const SMALL_OBJECT_BYTES = 512 * 1024;
/** A store has no permissions. */
const MODE = 0o644;

/** Opens what was found, in order; small files ahead of time. */
export async function* openObjects(store: FileStore, found: AsyncIterable<FoundObject>): AsyncGenerator<PreparedGroup> {
  const prepare = (one: FoundObject) => prepareObject(store, one);
  const discard = async ({ file }: Prepared): Promise<void> => {
    if (file && 'chunks' in file.content) await file.content.close();
  };
  for await (const one of readAhead(found, OBJECTS_AHEAD, prepare, discard)) yield [one];
}

/** What `content` yields. It must be exactly as many bytes as announced, otherwise it is not one state of the file. */
export async function* wholeContent({ content, size }: FileContent): AsyncGenerator<Buffer> {
  let read = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    read += chunk.length;
    yield chunk;
  }
  if (read !== size) {
    throw new FileChangedError(`it returned ${read} bytes instead of ${size}: it was changed while it was being read`);
  }
}

async function prepareObject(store: FileStore, found: FoundObject): Promise<Prepared> {
  if (found.kind !== 'file') return { found };
  if (found.bytes > SMALL_OBJECT_BYTES) {
    return { found, file: opened(found.modified, () => store.open(found.relative)) };
  }
  try {
    const content = await store.open(found.relative);
    if (content.size > SMALL_OBJECT_BYTES) return { found, file: opened(content.modified, async () => content) };
    const bytes = await buffer(wholeContent(content));
    return { found, file: { details: detailsOf(content.modified), content: { bytes } } };
  } catch (error) {
    return { found, error };
  }
}

/** A file that is read when its turn comes. */
function opened(modified: Date, open: () => Promise<FileContent>): OpenedFile {
  let content: FileContent | undefined;
  async function* chunks() {
    content = await open();
    yield* wholeContent(content);
  }
  const close = async () => void content?.content.destroy();
  return { details: detailsOf(modified), content: { chunks, close } };
}

function detailsOf(modified: Date): FileDetails {
  return { mtimeMs: modified.getTime(), mode: MODE };
}
