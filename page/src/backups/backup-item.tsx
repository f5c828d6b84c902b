import { useState } from 'preact/hooks';
import type { PageFeatures, StoredBackupItem } from '../../../lib/page/page-api.js';
import { isTrusted, originText } from '../format/origins.js';
import { countText, sizeText } from '../format/sizes.js';
import { timeText } from '../format/times.js';
import { Facts } from '../parts/facts.js';
import { Hidden } from '../parts/hidden.js';
import { Problem } from '../parts/problem.js';
import { Time } from '../parts/time.js';
import { useAction } from '../parts/use-action.js';
import { RestoreDialog } from '../restore/restore-dialog.js';
import { ContentDialog } from './content-dialog.js';
import { useDownload, useRestoreTest } from './item-actions.js';

const RESULTS: Readonly<Record<StoredBackupItem['result'], string>> = {
  success: '✓ Complete',
  incomplete: '! A file is missing',
  failed: '✕ Not usable',
};

/** A stored backup and what can be done with it. */
export function BackupItem({ item, features }: { item: StoredBackupItem; features: PageFeatures }) {
  const [open, setOpen] = useState<'content' | 'restore' | null>(null);
  const { isBusy, error, run } = useAction();
  const download = useDownload(item);
  const test = useRestoreTest(item);
  const isUsable = item.result !== 'failed';
  const name = (
    <Hidden>
      the backup of {timeText(new Date(item.createdAt))} in {item.destination}
    </Hidden>
  );
  return (
    <article class="backup">
      <h3>
        <Time at={item.createdAt} />
      </h3>
      <p class="badges">
        <span class={`badge ${item.result}`}>{RESULTS[item.result]}</span>
        <span class="badge">{item.encrypted ? 'Encrypted' : '! Not encrypted'}</span>
        {item.testedAt !== null && <span class="badge success">✓ Restore test passed</span>}
        {item.redacted && <span class="badge incomplete">! Redacted: not what was in the database</span>}
        {item.keyConfigured === false && <span class="badge incomplete">! None of its keys is configured</span>}
        {item.origin === 'uploaded' && <span class="badge">Uploaded</span>}
        {!isTrusted(item) && item.origin !== 'uploaded' && (
          <span class="badge incomplete">! {originText(item.origin)}</span>
        )}
      </p>
      <Facts facts={factsOf(item)} />
      {error !== null && <Problem error={error} />}
      <div class="actions">
        <button type="button" disabled={!isUsable} aria-disabled={isBusy} onClick={() => run(download)}>
          Download {name}
        </button>
        <button type="button" disabled={!isUsable} aria-disabled={isBusy} onClick={() => run(test)}>
          Test <Hidden>whether it can be restored: </Hidden>
          {name}
        </button>
        {features.restore && (
          <button type="button" disabled={!isUsable} onClick={() => setOpen('restore')}>
            Restore… {name}
          </button>
        )}
        <button type="button" disabled={!isUsable} onClick={() => setOpen('content')}>
          Content {name}
        </button>
      </div>
      {open === 'content' && <ContentDialog item={item} onClose={() => setOpen(null)} />}
      {open === 'restore' && (
        <RestoreDialog item={item} needsIdentity={features.needsIdentity} onClose={() => setOpen(null)} />
      )}
    </article>
  );
}

function factsOf(item: StoredBackupItem) {
  const { destination, bytes, rows, files, schedule, testedAt, problem, keyIds, origin } = item;
  const isUnopened = origin === 'uploaded' && rows === null;
  const content = [rows !== null && countText(rows, 'row'), files !== null && countText(files, 'file')];
  return [
    ['Destination', destination],
    ['Size', sizeText(bytes)],
    ['Content', isUnopened ? 'not known: its key was not given' : content.filter(Boolean).join(', ')],
    ['Made', origin === 'uploaded' ? null : schedule === null ? 'on request' : `by the schedule “${schedule}”`],
    ['Tested', testedAt && <Time at={testedAt} />],
    ['Keys', keyIds.map((id) => id.slice(0, 8)).join(', ')],
    ['Problem', problem],
  ] as const;
}
