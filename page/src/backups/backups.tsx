import { useId, useState } from 'preact/hooks';
import type { PageFeatures } from '../../../lib/page/page-api.js';
import { Problem } from '../parts/problem.js';
import { BackupItem } from './backup-item.js';
import type { StoredBackups } from './use-backups.js';

interface Props {
  readonly backups: StoredBackups;
  readonly destinations: readonly string[];
  readonly features: PageFeatures;
}

const STEP = 10;

/** The list of stored backups. */
export function Backups({ backups, destinations, features }: Props) {
  const { items, unreadable, hasMore, isLoading, error, loadMore } = backups;
  const [only, setOnly] = useState('');
  const [shown, setShown] = useState(STEP);
  const selectId = useId();
  const chosen = only === '' ? items : items.filter(({ destination }) => destination === only);
  const more = () => {
    if (isLoading) return;
    setShown(shown + STEP);
    if (chosen.length < shown + STEP && hasMore) loadMore();
  };
  return (
    <section aria-labelledby="backups" aria-busy={isLoading}>
      <h2 id="backups">Stored backups</h2>
      {destinations.length > 1 && (
        <p class="filter">
          <label for={selectId}>Destination</label>
          <select
            id={selectId}
            value={only}
            onChange={(event) => {
              setOnly(event.currentTarget.value);
              setShown(STEP);
            }}
          >
            <option value="">All</option>
            {destinations.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </p>
      )}
      {error !== null && <Problem error={error} />}
      {unreadable.map((name) => (
        <p key={name} class="problem">
          The destination “{name}” cannot be listed: what is stored there is missing here.
        </p>
      ))}
      {chosen.length === 0 && !error && <p>{isLoading ? 'Loading…' : 'Nothing is stored.'}</p>}
      <ol class="backups plain">
        {chosen.slice(0, shown).map((item) => (
          <li key={`${item.destination} ${item.id}`}>
            <BackupItem item={item} features={features} />
          </li>
        ))}
      </ol>
      {(chosen.length > shown || hasMore) && (
        <button type="button" aria-disabled={isLoading} onClick={more}>
          {isLoading ? 'Loading…' : 'Show older backups'}
        </button>
      )}
    </section>
  );
}
