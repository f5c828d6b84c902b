import type { DestinationState, StoredBackupItem } from '../../../lib/page/page-api.js';
import { sizeText } from '../format/sizes.js';
import { Facts } from '../parts/facts.js';
import { Ago } from '../parts/time.js';
import { SizeChart } from './size-chart.js';

interface Props {
  readonly destinations: readonly DestinationState[];
  readonly items: readonly StoredBackupItem[];
}

/** Where backups are stored, and how large they have been. */
export function Destinations({ destinations, items }: Props) {
  return (
    <section aria-labelledby="destinations">
      <h2 id="destinations">Destinations</h2>
      {destinations.length === 0 && <p>None is configured. A backup can be downloaded; it is stored nowhere else.</p>}
      <ul class="destinations plain">
        {destinations.map(({ name, readable, lastBackup, bytes, lastRestoreTest, uncountedRestoreTest }) => (
          <li key={name}>
            <article>
              <h3>{name}</h3>
              {!readable && <p class="problem">It cannot be read at the moment.</p>}
              <Facts
                facts={[
                  ['Last good backup', lastBackup ? <Ago at={lastBackup.finishedAt} /> : 'None is known'],
                  ['Its size', lastBackup && sizeText(bytes)],
                  ['Last restore test that passed', lastRestoreTest ? <Ago at={lastRestoreTest} /> : 'None is known'],
                  ['Restore test that does not count', uncountedRestoreTest && <Ago at={uncountedRestoreTest} />],
                ]}
              />
              <SizeChart destination={name} items={items} />
            </article>
          </li>
        ))}
      </ul>
    </section>
  );
}
