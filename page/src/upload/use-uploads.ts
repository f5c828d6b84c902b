import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { UploadAnswer } from '../../../lib/page/page-api.js';
import { beginUpload, checkUpload, type FileToUpload, getUploads, removeUpload } from '../api/client.js';
import { useWithKey } from '../key/key-context.js';
import type { OpeningKey } from './opening.js';
import { sendFile } from './send-file.js';

export interface UploadsState {
  /** Newest first. */
  readonly items: readonly UploadAnswer[];
  /** The one that this page sends, and how many of its bytes have arrived. */
  readonly sending: { readonly id: string; readonly bytes: number } | null;
  /** By the upload's id: what went wrong on this page. */
  readonly errors: Readonly<Record<string, unknown>>;
  /** Changes whenever one was stored. */
  readonly stored: string;
  /** Resolves with false when the reader gave no key. */
  readonly begin: (file: File, asked: FileToUpload, opening: OpeningKey) => Promise<boolean>;
  /** Sends the rest of a file, then has it checked. */
  readonly resume: (upload: UploadAnswer, file: File) => void;
  readonly pause: () => void;
  readonly check: (upload: UploadAnswer, opening: OpeningKey) => Promise<void>;
  readonly remove: (upload: UploadAnswer) => Promise<void>;
  /** The file of an upload, if it was chosen on this page. */
  readonly fileOf: (id: string) => File | undefined;
}

/** How often an upload that is being checked is asked for, in ms. */
const LOOK_MS = 1_000;

/** The uploads of this user. The server keeps them, so they are there after a reload; only the file has to be chosen again. */
export function useUploads(isOn: boolean, returns: number): UploadsState {
  const [items, setItems] = useState<readonly UploadAnswer[]>([]);
  const [sending, setSending] = useState<UploadsState['sending']>(null);
  const [errors, setErrors] = useState<UploadsState['errors']>({});
  const files = useRef(new Map<string, { file: File; opening: OpeningKey }>());
  const stop = useRef<AbortController>(null);
  const withKey = useWithKey();

  const look = useCallback(async (signal?: AbortSignal) => {
    try {
      setItems((await getUploads(signal)).items);
    } catch {
      // The page tells of a server that does not answer; what is known stays until it does.
    }
  }, []);
  const fail = (id: string, error: unknown) => setErrors((before) => ({ ...before, [id]: error }));

  useEffect(() => {
    const leaving = new AbortController();
    if (isOn) void look(leaving.signal);
    return () => leaving.abort();
  }, [isOn, returns, look]);

  const isChecking = items.some(({ state }) => state === 'checking');
  useEffect(() => {
    if (!isChecking) return undefined;
    const timer = setInterval(() => void look(), LOOK_MS);
    return () => clearInterval(timer);
  }, [isChecking, look]);
  useEffect(() => () => stop.current?.abort(), []);

  const check = useCallback(
    async (upload: UploadAnswer, opening: OpeningKey) => {
      fail(upload.id, null);
      try {
        await withKey('To check and store the upload', (key) => checkUpload(key, upload, opening));
      } catch (error) {
        fail(upload.id, error);
      }
      await look();
    },
    [withKey, look],
  );

  const send = useCallback(
    async (upload: UploadAnswer, file: File, opening: OpeningKey) => {
      const { id } = upload;
      const controller = new AbortController();
      stop.current?.abort();
      stop.current = controller;
      const { signal } = controller;
      files.current.set(id, { file, opening });
      fail(id, null);
      setSending({ id, bytes: upload.offset });
      try {
        await sendFile(file, upload, { signal, onBytes: (bytes) => setSending((now) => now && { ...now, bytes }) });
        await look();
        await check(upload, opening);
      } catch (error) {
        if (!signal.aborted) fail(id, error);
        await look();
      } finally {
        if (stop.current === controller) setSending(null);
      }
    },
    [check, look],
  );

  const begin = useCallback<UploadsState['begin']>(
    async (file, asked, opening) => {
      const upload = await withKey('To upload a backup', (key) => beginUpload(key, asked));
      if (!upload) return false;
      setItems((before) => [upload, ...before]);
      void send(upload, file, opening);
      return true;
    },
    [withKey, send],
  );

  return {
    items,
    sending,
    errors,
    stored: items.flatMap(({ backup }) => backup ?? []).join(),
    begin,
    resume: (upload, file) => void send(upload, file, files.current.get(upload.id)?.opening ?? {}),
    pause: useCallback(() => stop.current?.abort(), []),
    check,
    remove: useCallback(
      async (upload) => {
        await removeUpload(upload).catch((error: unknown) => fail(upload.id, error));
        await look();
      },
      [look],
    ),
    fileOf: (id) => files.current.get(id)?.file,
  };
}
