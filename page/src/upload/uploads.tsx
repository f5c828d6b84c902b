import { useState } from 'preact/hooks';
import type { PageFeatures, StoredBackupItem } from '../../../lib/page/page-api.js';
import { RestoreDialog } from '../restore/restore-dialog.js';
import { UploadItem } from './upload-item.js';
import type { UploadsState } from './use-uploads.js';

interface Props {
  readonly uploads: UploadsState;
  readonly backups: readonly StoredBackupItem[];
  readonly features: PageFeatures;
}

/** The uploads of the reader: those that run, wait, or have ended. */
export function Uploads({ uploads, backups, features }: Props) {
  const [restoring, setRestoring] = useState<StoredBackupItem | null>(null);
  if (uploads.items.length === 0) return null;
  return (
    <section class="uploading" aria-labelledby="uploads">
      <h2 id="uploads">Uploads</h2>
      <ul class="uploads plain">
        {uploads.items.map((upload) => {
          const stored = backups.find(
            ({ id, destination }) => id === upload.backup && destination === upload.destination,
          );
          const restore = features.restore && stored ? () => setRestoring(stored) : undefined;
          return (
            <li key={upload.id}>
              <UploadItem upload={upload} uploads={uploads} onRestore={restore} />
            </li>
          );
        })}
      </ul>
      {restoring && (
        <RestoreDialog item={restoring} needsIdentity={features.needsIdentity} onClose={() => setRestoring(null)} />
      )}
    </section>
  );
}
