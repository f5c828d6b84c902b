import { useId, useState } from 'preact/hooks';
import type { PageFeatures } from '../../../lib/page/page-api.js';
import { sizeText } from '../format/sizes.js';
import { Choice } from '../parts/choice.js';
import { Dialog } from '../parts/dialog.js';
import { Problem } from '../parts/problem.js';
import { useAction } from '../parts/use-action.js';
import { showActivity } from '../runs/activity.js';
import { openingOf } from './opening.js';
import { OpeningKey } from './opening-key.js';
import type { UploadsState } from './use-uploads.js';

interface Props {
  readonly destinations: readonly string[];
  readonly features: PageFeatures;
  readonly uploads: UploadsState;
  readonly onClose: () => void;
}

/** Uploads an archive from this machine into a destination. */
export function UploadDialog({ destinations, features, uploads, onClose }: Props) {
  const [file, setFile] = useState<File | null>(null);
  const [destination, setDestination] = useState(destinations[0] ?? '');
  const [plaintext, setPlaintext] = useState(false);
  const [keyText, setKeyText] = useState('');
  const { isBusy, error, run } = useAction();
  const groupId = useId();
  const fileId = useId();
  const tickId = useId();
  const isPlain = features.encrypts && file !== null && /\.zip$/i.test(file.name);
  const opening = openingOf(keyText);
  const isReady = file !== null && opening !== undefined && (!isPlain || plaintext) && uploads.sending === null;

  const upload = () =>
    run(async () => {
      const { name: filename, size, lastModified } = file!;
      const asked = { destination, filename, size, lastModified, plaintext: isPlain && plaintext };
      if (!(await uploads.begin(file!, asked, opening!))) return;
      onClose();
      showActivity();
    });

  return (
    <Dialog title="Upload a backup" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) void upload();
        }}
      >
        <label for={fileId}>The archive</label>
        <input
          id={fileId}
          type="file"
          accept=".zip,.crypt,.age"
          data-focus
          onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)}
        />
        <p class="hint">
          A file that was downloaded from here or made on the command line: backup-….zip, .zip.crypt or .zip.age
          {file && `. It has ${sizeText(file.size)}`}.
        </p>
        {destinations.length > 1 && (
          <fieldset>
            <legend>Where to</legend>
            {destinations.map((one) => (
              <Choice key={one} name={`${groupId}place`} value={one} chosen={destination} onChoose={setDestination}>
                Into the destination “{one}”
              </Choice>
            ))}
          </fieldset>
        )}
        {isPlain && (
          <p class="choice">
            <input
              id={tickId}
              type="checkbox"
              checked={plaintext}
              onChange={(event) => setPlaintext(event.currentTarget.checked)}
            />
            <label for={tickId}>
              It is not encrypted, although this application encrypts its backups: store it as it is
            </label>
          </p>
        )}
        {file !== null && !/\.zip$/i.test(file.name) && <OpeningKey value={keyText} onValue={setKeyText} />}
        {uploads.sending !== null && (
          <p class="hint">Another upload is running. Pause it, or wait until it has ended.</p>
        )}
        {error !== null && <Problem error={error} />}
        <div class="actions">
          <button type="submit" class="primary" disabled={!isReady} aria-disabled={isBusy}>
            {isBusy ? 'Working…' : 'Upload'}
          </button>
          <button type="button" onClick={onClose}>
            Close
          </button>
        </div>
      </form>
    </Dialog>
  );
}
