import { useId, useState } from 'preact/hooks';
import type { UploadAnswer } from '../../../lib/page/page-api.js';
import { ApiError } from '../api/api-error.js';
import { sizeText } from '../format/sizes.js';
import { Hidden } from '../parts/hidden.js';
import { Problem } from '../parts/problem.js';
import { Time } from '../parts/time.js';
import { useAction } from '../parts/use-action.js';
import { openingOf } from './opening.js';
import { OpeningKey } from './opening-key.js';
import { differenceFrom } from './same-file.js';
import type { UploadsState } from './use-uploads.js';

interface Props {
  readonly upload: UploadAnswer;
  readonly uploads: UploadsState;
  /** Leads to the restore of what was stored; undefined where that is not possible. */
  readonly onRestore?: () => void;
}

type State = UploadAnswer['state'] | 'sending';

const TEXTS: Readonly<Record<State, string>> = {
  sending: 'is being uploaded',
  receiving: 'is not complete yet',
  received: 'is complete, and waits to be checked',
  checking: 'is being checked',
  stored: 'is stored: every byte was read, or its form was checked where its key is not here',
  refused: 'was refused, and nothing of it is kept',
};

/** An upload and what can be done with it. */
export function UploadItem({ upload, uploads, onRestore }: Props) {
  const { id, filename, destination, size, expiresAt } = upload;
  const { isBusy, run } = useAction();
  const isSending = uploads.sending?.id === id;
  const state: State = isSending && upload.state === 'receiving' ? 'sending' : upload.state;
  const bytes = isSending ? uploads.sending!.bytes : upload.offset;
  const error = uploads.errors[id] ?? (upload.error && new ApiError(0, upload.error.code, upload.error.message));
  const share = size === 0 ? 1 : bytes / size;
  const isUnfinished = state === 'sending' || state === 'receiving';
  const isOver = state === 'stored' || state === 'refused';
  return (
    <article class="upload" aria-labelledby={`upload-${id}`}>
      <header>
        <h3 id={`upload-${id}`}>{filename}</h3>
      </header>
      <p>
        <span role="status">
          It {TEXTS[state]}
          {state === 'sending' && <Hidden>, {Math.floor(share * 4) * 25}% done</Hidden>}
        </span>
        . Destination: {destination}.
      </p>
      {isUnfinished && (
        <>
          <progress aria-label={`Upload of ${filename}`} max={1} value={share} />
          <p class="numbers">
            <strong>{Math.floor(share * 100)}%</strong>
            <span>
              {sizeText(bytes)} of {sizeText(size)}
            </span>
          </p>
        </>
      )}
      {error && <Problem error={error} />}
      {state === 'receiving' && <Continue upload={upload} uploads={uploads} />}
      {state === 'received' && !isSending && <CheckAgain upload={upload} uploads={uploads} />}
      {!isOver && (
        <p class="hint">
          It is kept until <Time at={expiresAt} />. The page can be closed: it goes on from here.
        </p>
      )}
      <div class="actions">
        {state === 'sending' && (
          <button type="button" onClick={uploads.pause}>
            Pause <Hidden>the upload of {filename}</Hidden>
          </button>
        )}
        {state === 'stored' && onRestore && (
          <button type="button" class="primary" onClick={onRestore}>
            Restore… <Hidden>what was uploaded: {filename}</Hidden>
          </button>
        )}
        {state !== 'sending' && state !== 'checking' && (
          <button type="button" aria-disabled={isBusy} onClick={() => run(() => uploads.remove(upload))}>
            {isOver ? 'Dismiss' : 'Remove'} <Hidden>the upload of {filename}</Hidden>
          </button>
        )}
      </div>
    </article>
  );
}

/** Goes on with a file that this page has, or that is chosen again. */
function Continue({ upload, uploads }: Pick<Props, 'upload' | 'uploads'>) {
  const [difference, setDifference] = useState<string | null>(null);
  const fileId = useId();
  const file = uploads.fileOf(upload.id);
  if (file) {
    return (
      <div class="actions">
        <button
          type="button"
          class="primary"
          disabled={uploads.sending !== null}
          onClick={() => uploads.resume(upload, file)}
        >
          Continue <Hidden>the upload of {upload.filename}</Hidden>
        </button>
      </div>
    );
  }
  return (
    <div>
      <label for={fileId}>Choose “{upload.filename}” again to continue</label>
      <input
        id={fileId}
        type="file"
        disabled={uploads.sending !== null}
        onChange={({ currentTarget }) => {
          const chosen = currentTarget.files?.[0];
          if (!chosen) return;
          const found = differenceFrom(upload, chosen);
          setDifference(found);
          if (found === null) uploads.resume(upload, chosen);
        }}
      />
      {difference !== null && (
        <p class="problem" role="alert">
          {difference}
        </p>
      )}
    </div>
  );
}

/** After a check that has failed for another reason than the archive, or that nobody has asked for. */
function CheckAgain({ upload, uploads }: Pick<Props, 'upload' | 'uploads'>) {
  const [keyText, setKeyText] = useState('');
  const { isBusy, run } = useAction();
  const opening = openingOf(keyText);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (opening) void run(() => uploads.check(upload, opening));
      }}
    >
      <OpeningKey value={keyText} onValue={setKeyText} />
      <div class="actions">
        <button type="submit" class="primary" disabled={opening === undefined} aria-disabled={isBusy}>
          Check and store <Hidden>{upload.filename}</Hidden>
        </button>
      </div>
    </form>
  );
}
