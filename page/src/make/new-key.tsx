import { useEffect, useId, useState } from 'preact/hooks';
import { makeKey } from '../key/made-key.js';
import { archiveName, kitName, recoveryKit } from '../key/recovery-kit.js';
import { saveText } from '../parts/save-text.js';

interface Props {
  readonly application: string;
  readonly madeAt: Date;
  /** Told the key once it is kept somewhere, and null as long as it is not. */
  readonly onKey: (key: string | null) => void;
}

/** Makes a key, which can be used when it has been saved: an archive without its key is lost. */
export function NewKey({ application, madeAt, onKey }: Props) {
  const [key] = useState(makeKey);
  const [isSaved, setSaved] = useState(false);
  const [isTicked, setTicked] = useState(false);
  const keyId = useId();
  const tickId = useId();
  useEffect(() => {
    onKey(isSaved || isTicked ? key : null);
    return () => onKey(null);
  }, [isSaved, isTicked, key]);
  const save = () => {
    const archive = archiveName(madeAt, true);
    saveText(kitName(madeAt), recoveryKit({ key, application, archive, origin: location.origin, madeAt }));
    setSaved(true);
  };
  return (
    <div class="new-key">
      <label for={keyId}>The new key</label>
      <textarea
        id={keyId}
        class="key"
        readOnly
        rows={2}
        value={key}
        onFocus={(event) => event.currentTarget.select()}
      />
      <p>Nobody but you has this key, and without it the archive cannot be opened. Keep it before it is used:</p>
      <div class="actions">
        <button type="button" onClick={save}>
          Save the recovery kit
        </button>
        <span role="status">{isSaved && '✓ Saved: the key, and how to decrypt and restore with it.'}</span>
      </div>
      <p class="choice">
        <input
          id={tickId}
          type="checkbox"
          checked={isTicked}
          onChange={(event) => setTicked(event.currentTarget.checked)}
        />
        <label for={tickId}>I have stored this key</label>
      </p>
    </div>
  );
}
