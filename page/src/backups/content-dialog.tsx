import { useEffect, useState } from 'preact/hooks';
import type { BackupContentAnswer, StoredBackupItem } from '../../../lib/page/page-api.js';
import { count } from '../../../lib/support/quantities.js';
import { getContent } from '../api/client.js';
import { originText, signatureText } from '../format/origins.js';
import { countText, sizeText } from '../format/sizes.js';
import { Dialog } from '../parts/dialog.js';
import { Facts } from '../parts/facts.js';
import { Problem } from '../parts/problem.js';
import { Table } from '../parts/table.js';
import { Time } from '../parts/time.js';
import { Warnings } from '../parts/warnings.js';

/** What is in a stored backup, as its own manifest says. */
export function ContentDialog({ item, onClose }: { item: StoredBackupItem; onClose: () => void }) {
  const [content, setContent] = useState<BackupContentAnswer | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    const reading = new AbortController();
    getContent(item, reading.signal).then(setContent, (caught: unknown) => {
      if (!reading.signal.aborted) setError(caught);
    });
    return () => reading.abort();
  }, [item.destination, item.id]);
  return (
    <Dialog title="Content of the backup" onClose={onClose}>
      <Facts
        facts={[
          ['Id', <code>{item.id}</code>],
          ['Destination', item.destination],
          ['Who vouches', originText(item.origin)],
          ['Locked until', item.lockedUntil && <Time at={item.lockedUntil} />],
        ]}
      />
      {error !== null && <Problem error={error} />}
      {!content && error === null && <p role="status">Reading the backup…</p>}
      {content && <Content {...content} />}
    </Dialog>
  );
}

function Content({ createdAt, finishedAt, appVersion, database, tables, files, ...rest }: BackupContentAnswer) {
  const { complete, skipped, warnings, signature } = rest;
  return (
    <>
      {!complete && <p class="problem">A file that should be in this backup is missing from it.</p>}
      <Facts
        facts={[
          ['Begun', <Time at={createdAt} />],
          ['Finished', <Time at={finishedAt} />],
          ['Version', appVersion],
          ['Database', `${database.type} ${database.version}`],
          ['Signed', signatureText(signature)],
        ]}
      />
      <Table
        caption={countText(tables.length, 'table')}
        columns={['Table', 'Rows']}
        rows={tables.map(({ name, rows }) => [name, count(rows)])}
      />
      {files.length > 0 && (
        <Table
          caption={countText(files.length, 'data directory', 'data directories')}
          columns={['Directory', 'Files', 'Size']}
          rows={files.map(({ name, bytes, ...file }) => [name, count(file.count), sizeText(bytes)])}
        />
      )}
      <Warnings title="Left out" texts={skipped.map(({ path, reason }) => `${path}: ${reason}`)} />
      <Warnings title="Warnings" texts={warnings} />
    </>
  );
}
