import { useId, useState } from 'preact/hooks';
import type { PageFeatures } from '../../../lib/page/page-api.js';
import { storeBackup } from '../api/client.js';
import { useWithKey } from '../key/key-context.js';
import { isKey } from '../key/made-key.js';
import { archiveName } from '../key/recovery-kit.js';
import { Choice } from '../parts/choice.js';
import { Dialog } from '../parts/dialog.js';
import { useNotify } from '../parts/notices.js';
import { Problem } from '../parts/problem.js';
import { useAction } from '../parts/use-action.js';
import { showActivity } from '../runs/activity.js';
import { canStream } from './file-picker.js';
import { NewKey } from './new-key.js';
import { OwnKey } from './own-key.js';

interface Props {
  readonly application: string;
  readonly destinations: readonly string[];
  readonly features: PageFeatures;
  readonly receive: (name: string, aesKey: string | null, onBegun: () => void) => Promise<void>;
  readonly onClose: () => void;
}

type Encryption = 'made' | 'own' | 'none';

/** Makes a backup: into a destination, or as a download. */
export function MakeDialog({ application, destinations, features, receive, onClose }: Props) {
  const [place, setPlace] = useState(destinations[0] === undefined ? 'download' : `to ${destinations[0]}`);
  const [encryption, setEncryption] = useState<Encryption>(features.encrypts ? 'none' : 'made');
  const [madeKey, setMadeKey] = useState<string | null>(null);
  const [ownKey, setOwnKey] = useState('');
  const [madeAt] = useState(() => new Date());
  const { isBusy, error, run } = useAction();
  const withKey = useWithKey();
  const notify = useNotify();
  const groupId = useId();
  const isDownload = place === 'download';
  const aesKey = { made: madeKey, own: ownKey.trim(), none: null }[encryption];
  const isReady = !isDownload || encryption === 'none' || (aesKey !== null && isKey(aesKey));
  const name = archiveName(madeAt, encryption !== 'none' || features.encrypts);

  const make = () =>
    run(async () => {
      if (isDownload) return receive(name, aesKey, onClose);
      const destination = place.slice(3);
      const started = await withKey('To make a backup', (key) => storeBackup(key, destination));
      if (!started) return;
      notify('good', `A backup into “${destination}” has started.`);
      onClose();
      showActivity();
    });

  return (
    <Dialog title="Make a backup now" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) void make();
        }}
      >
        <fieldset>
          <legend>Where to</legend>
          {destinations.map((one) => (
            <Choice key={one} name={`${groupId}place`} value={`to ${one}`} chosen={place} onChoose={setPlace}>
              Into the destination “{one}”
            </Choice>
          ))}
          <Choice name={`${groupId}place`} value="download" chosen={place} onChoose={setPlace}>
            Download it with this browser
          </Choice>
        </fieldset>
        {isDownload ? (
          <>
            <fieldset>
              <legend>Encryption</legend>
              <Choice name={`${groupId}key`} value="made" chosen={encryption} onChoose={setEncryption}>
                With a new key, made in this browser
              </Choice>
              <Choice name={`${groupId}key`} value="own" chosen={encryption} onChoose={setEncryption}>
                With a key that I have
              </Choice>
              <Choice name={`${groupId}key`} value="none" chosen={encryption} onChoose={setEncryption}>
                {features.encrypts ? 'With the key of the application' : 'None: whoever has the file can read it'}
              </Choice>
            </fieldset>
            {encryption === 'made' && <NewKey application={application} madeAt={madeAt} onKey={setMadeKey} />}
            {encryption === 'own' && <OwnKey value={ownKey} onValue={setOwnKey} />}
            {!canStream() && (
              <p class="hint">
                This browser collects the archive before it saves it. For one of more than some hundred megabytes, make
                the backup into a destination and download it from the list.
              </p>
            )}
          </>
        ) : (
          <p class="hint">
            {features.encrypts
              ? 'It is encrypted with the key of the application.'
              : 'It is not encrypted: no encryption key is configured.'}
          </p>
        )}
        {error !== null && <Problem error={error} />}
        <div class="actions">
          <button type="submit" class="primary" disabled={!isReady} aria-disabled={isBusy}>
            {isBusy ? 'Working…' : 'Make the backup'}
          </button>
          <button type="button" onClick={onClose}>
            Close
          </button>
        </div>
      </form>
    </Dialog>
  );
}
