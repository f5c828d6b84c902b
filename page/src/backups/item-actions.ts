import type { StoredBackupItem } from '../../../lib/page/page-api.js';
import { makeLink, startTest } from '../api/client.js';
import { timeText } from '../format/times.js';
import { useWithKey } from '../key/key-context.js';
import { useNotify } from '../parts/notices.js';
import { showActivity } from '../runs/activity.js';

/** Hands the download of a stored backup to the browser, whose own downloads show, pause and resume it. */
export function useDownload(item: StoredBackupItem): () => Promise<void> {
  const withKey = useWithKey();
  const notify = useNotify();
  return async () => {
    const link = await withKey('To download a stored backup', (key) => makeLink(key, item));
    if (!link) return;
    const anchor = document.createElement('a');
    anchor.href = link.url;
    anchor.download = '';
    anchor.click();
    notify('good', `The browser downloads the backup. The link works until ${timeText(new Date(link.expiresAt))}.`);
  };
}

/** Starts a restore test of a stored backup, which runs on without this page. */
export function useRestoreTest(item: StoredBackupItem): () => Promise<void> {
  const withKey = useWithKey();
  const notify = useNotify();
  return async () => {
    const started = await withKey('To test whether a backup can be restored', (key) => startTest(key, item));
    if (!started) return;
    notify('good', 'The restore test has started.');
    showActivity();
  };
}
