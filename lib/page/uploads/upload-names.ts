import { randomBytes } from 'node:crypto';

/*
 * What a destination holds of an unfinished upload: its record, `upload-<id>.json`; its pieces,
 * `upload-<id>.<offset>-<random>`; and, once it was checked, how that ended, `upload-<id>.result.json`. None of these
 * names is one of a backup.
 */
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const OBJECT = /^upload-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(json|result\.json|(\d{16})-[0-9a-f]{16})$/;
const OFFSET_DIGITS = 16;

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
export function pieceName(id: string, offset: number): string {
  return `upload-${id}.${String(offset).padStart(OFFSET_DIGITS, '0')}-${randomBytes(8).toString('hex')}`;
}

/** Undefined for every other object. */
export function parseUploadName(name: string): UploadObject | undefined {
  const [, id, end, offset] = OBJECT.exec(name) ?? [];
  if (id === undefined) return undefined;
  if (offset !== undefined) return { id, part: 'piece', offset: Number(offset) };
  return { id, part: end === 'json' ? 'record' : 'result' };
}
