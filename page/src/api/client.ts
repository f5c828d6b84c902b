import type {
  BackupContentAnswer,
  BackupsAnswer,
  OnlineRestorePlan,
  StatusAnswer,
  UploadAnswer,
  UploadsAnswer,
} from '../../../lib/page/page-api.js';
import type { OpeningKey } from '../upload/opening.js';
import { route } from './base.js';
import { ask, askJson } from './request.js';

/** A stored backup. */
export interface Reference {
  readonly destination: string;
  readonly id: string;
}

interface Started {
  readonly id: string;
}

const post = <Answer>(path: string, body: object, signal?: AbortSignal) =>
  askJson<Answer>(path, { method: 'POST', body, signal });

/** Answers within ten seconds or not at all: it is how the page finds out whether there is a server. */
export const getStatus = () => askJson<StatusAnswer>(route('status'), { signal: AbortSignal.timeout(10_000) });

/** A page of the list; `before` is the `next` of the one before. */
export function getBackups(query: { destination?: string; before?: string; limit?: number }, signal?: AbortSignal) {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return askJson<BackupsAnswer>(`${route('backups')}?${new URLSearchParams(given)}`, { signal });
}

export const getContent = ({ destination, id }: Reference, signal?: AbortSignal) =>
  askJson<BackupContentAnswer>(route('backups', destination, id), { signal });

/** Asks whether a backup would be made, which is how a key is checked before anything is chosen. */
export const checkKey = (key: string) => post<{ ok: true }>(route(''), { key, check: true });

export const storeBackup = (key: string, destination: string) => post<Started>(route(''), { key, destination });

/** The archive, as a stream. */
export const makeBackup = (key: string, aesKey: string | null, signal: AbortSignal) =>
  ask(route(''), { method: 'POST', body: { key, ...(aesKey !== null && { aes_key: aesKey }) }, signal });

/** A link to download a stored backup with, for this user and some minutes. */
export const makeLink = (key: string, reference: Reference) =>
  post<{ url: string; expiresAt: string }>(route('links'), { key, ...pick(reference) });

export const startTest = (key: string, reference: Reference) =>
  post<Started>(route('tests'), { key, ...pick(reference) });

/** @param identity undefined where the application opens the backup by itself; so for the next two */
export const planRestore = (key: string, reference: Reference, identity?: string, signal?: AbortSignal) =>
  post<OnlineRestorePlan>(route('restores'), { key, ...pick(reference), plan: true, identity }, signal);

export const startRestore = (key: string, reference: Reference, confirm: string, identity?: string) =>
  post<Started>(route('restores'), { key, ...pick(reference), confirm, identity });

export const undoRestore = (key: string, id: string, identity?: string) =>
  post<Started>(route('restores', id, 'undo'), { key, identity });

export const cancelRun = (key: string, id: string) => ask(route('runs', id), { method: 'DELETE', body: { key } });

/** A file that is to be uploaded. */
export interface FileToUpload {
  readonly destination: string;
  readonly filename: string;
  readonly size: number;
  readonly lastModified: number;
  readonly plaintext: boolean;
}

export const getUploads = (signal?: AbortSignal) => askJson<UploadsAnswer>(route('uploads'), { signal });

export const beginUpload = (key: string, file: FileToUpload) => post<UploadAnswer>(route('uploads'), { key, ...file });

export const checkUpload = (key: string, { destination, id }: Reference, opening: OpeningKey) =>
  post<Started>(route('uploads', destination, id, 'check'), { key, ...opening });

export const removeUpload = ({ destination, id }: Reference) =>
  ask(route('uploads', destination, id), { method: 'DELETE', headers: { 'Tus-Resumable': '1.0.0' } });

/** Only what the routes take: items of the list have more. */
function pick({ destination, id }: Reference): Reference {
  return { destination, id };
}
