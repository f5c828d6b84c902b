import { randomBytes, timingSafeEqual } from 'node:crypto';

/*
 * What a destination holds of an unfinished upload: its record, `upload-<id>.json`; its pieces,
 * `upload-<id>.<offset>-<random><mark>`; and, once it was checked, how that ended, `upload-<id>.result.json`. None of these
 * names is one of a backup. The mark shows that the application has written the piece: others may put objects there too.
 */
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const OBJECT = /^upload-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(json|result\.json|(\d{16})-[0-9a-f]{48})$/;
const OFFSET_DIGITS = 16;
export const MARK_DIGITS = 32;

/** Of the beginning of a piece's name; hexadecimal. */
export type MarkOf = (name: string) => string;

/** An object of an upload. */
export interface UploadObject {
  readonly id: string;
  readonly part: 'record' | 'result' | 'piece';
  /** Of a piece: where its bytes belong. */
  readonly offset?: number;
}

export function isUploadId(text: string): boolean {
  return ID.test(text);
}

export function recordName(id: string): string {
  return `upload-${id}.json`;
}

export function resultName(id: string): string {
  return `upload-${id}.result.json`;
}

/** Another one at each call: two processes may receive the same bytes, and neither must replace what the other has. */
export function pieceName(id: string, offset: number, markOf: MarkOf): string {
  const name = `upload-${id}.${String(offset).padStart(OFFSET_DIGITS, '0')}-${randomBytes(8).toString('hex')}`;
  return `${name}${markOf(name)}`;
}

/** Whether the application has given this name to a piece. */
export function isMarked(name: string, markOf: MarkOf): boolean {
  const [marked, mark] = [name.slice(0, -MARK_DIGITS), name.slice(-MARK_DIGITS)];
  return timingSafeEqual(Buffer.from(mark), Buffer.from(markOf(marked)));
}

/** Undefined for every other object. */
export function parseUploadName(name: string): UploadObject | undefined {
  const [, id, end, offset] = OBJECT.exec(name) ?? [];
  if (id === undefined) return undefined;
  if (offset !== undefined) return { id, part: 'piece', offset: Number(offset) };
  return { id, part: end === 'json' ? 'record' : 'result' };
}
