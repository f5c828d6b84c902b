import { sizeText } from '../format/sizes.js';
import type { Receiving } from './use-receiving.js';

/** Shows an archive on its way into a file. */
export function ReceivingPanel({ receiving, onCancel }: { receiving: Receiving; onCancel: () => void }) {
  return (
    <section class="receiving" aria-label="Download of a backup">
      <p>
        <strong>{receiving.name}</strong> is being downloaded: {sizeText(receiving.bytes)} so far. Keep this page open
        until it is saved.
      </p>
      <button type="button" onClick={onCancel}>
        Cancel the download
      </button>
    </section>
  );
}
