import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { errorTextOf } from '../api/api-error.js';
import { checkKey, makeBackup } from '../api/client.js';
import { useWithKey } from '../key/key-context.js';
import { useNotify } from '../parts/notices.js';
import { receive } from './receive.js';

/** An archive on its way into a file. */
export interface Receiving {
  readonly name: string;
  readonly bytes: number;
}

/** Makes backups that are downloaded, one at a time, and asks before the page is left in the middle of one. */
export function useReceiving() {
  const withKey = useWithKey();
  const notify = useNotify();
  const [receiving, setReceiving] = useState<Receiving | null>(null);
  const aborter = useRef<AbortController>(null);

  useEffect(() => {
    if (!receiving) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [receiving !== null]);

  /**
   * Resolves when the archive is saved, or nobody wants it. What goes wrong after `onBegun` is a notice.
   * @throws what goes wrong before that
   */
  const start = useCallback(
    async (name: string, aesKey: string | null, onBegun: () => void): Promise<void> => {
      // Wrong keys are told before a file is chosen.
      const key = await withKey('To make a backup', async (given) => {
        await checkKey(given);
        return given;
      });
      if (key === undefined) return;
      const controller = new AbortController();
      aborter.current = controller;
      const { signal } = controller;
      let isBegun = false;
      const open = async () => {
        const response = await makeBackup(key, aesKey, signal);
        isBegun = true;
        setReceiving({ name, bytes: 0 });
        onBegun();
        return response;
      };
      // It may be over by then.
      const onBytes = throttled((bytes) => setReceiving((before) => before && { name, bytes }));
      try {
        if (await receive({ name, open, onBytes, signal })) notify('good', `The backup is saved as ${name}.`);
      } catch (error) {
        if (signal.aborted) notify('bad', 'The backup was cancelled, and nothing was saved.');
        else if (isBegun) notify('bad', errorTextOf(error).message);
        else throw error;
      } finally {
        setReceiving(null);
      }
    },
    [withKey, notify],
  );

  const cancel = useCallback(() => aborter.current?.abort(), []);
  return { receiving, start, cancel };
}

/** Tells the last of what it is told, four times a second. */
function throttled(tell: (bytes: number) => void): (bytes: number) => void {
  let last = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (bytes) => {
    last = bytes;
    timer ??= setTimeout(() => {
      timer = undefined;
      tell(last);
    }, 250);
  };
}
