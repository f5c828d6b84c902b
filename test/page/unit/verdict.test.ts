import type { OnlineRestoreState, StatusAnswer } from '../../../lib/page/page-api.js';
import { verdictOf } from '../../../page/src/safety/verdict.js';
import { backupOf, daysAgo, destinationOf, NOW, runOf, statusOf } from './states.js';

const restored = { result: 'restored' } as OnlineRestoreState;

function said(changes: Partial<StatusAnswer>) {
  const { level, findings } = verdictOf(statusOf(changes), NOW);
  return { level, texts: findings.map(({ text }) => text) };
}

describe('the answer to “are we safe?”', () => {
  it('is yes where nothing is missing', () => {
    expect(verdictOf(statusOf(), NOW)).toEqual({
      level: 'good',
      answer: 'Yes',
      summary: 'There is a recent backup, and a restore test has passed.',
      findings: [],
    });
  });

  it.each<[string, Partial<StatusAnswer>, level: string, text: string]>([
    ['no backup is known', { lastBackup: null }, 'bad', 'No good backup is known. Make one now.'],
    [
      'the last backup is days old',
      { lastBackup: backupOf(daysAgo(3)) },
      'attention',
      'The last good backup was made 3 days ago.',
    ],
    [
      'the last backup is more than a week old',
      { lastBackup: backupOf(daysAgo(8)) },
      'bad',
      'The last good backup was made 8 days ago.',
    ],
    [
      'there is no destination',
      { destinations: [] },
      'attention',
      'No destination is configured: backups exist only where somebody has downloaded them.',
    ],
    [
      'no destination can be read',
      { destinations: [destinationOf('disk', { readable: false })] },
      'bad',
      'The destination “disk” cannot be read.',
    ],
    [
      'one of two destinations cannot be read',
      { destinations: [destinationOf('disk'), destinationOf('s3', { readable: false })] },
      'attention',
      'The destination “s3” cannot be read.',
    ],
    [
      'the only destination is empty',
      { destinations: [destinationOf('disk', { lastBackup: null })] },
      'bad',
      'The destination “disk” has no good backup.',
    ],
    [
      'one of two destinations is empty',
      { destinations: [destinationOf('disk'), destinationOf('s3', { lastBackup: null })] },
      'attention',
      'The destination “s3” has no good backup.',
    ],
    [
      'one of two destinations has only old ones',
      { destinations: [destinationOf('disk'), destinationOf('s3', { lastBackup: backupOf(daysAgo(20)) })] },
      'attention',
      'The last good backup in “s3” was made 20 days ago.',
    ],
    ['nothing was tested', { lastRestoreTest: null }, 'attention', 'No backup has ever passed a restore test.'],
    [
      'a restore test does not count',
      { destinations: [destinationOf('disk', { uncountedRestoreTest: daysAgo(1) })] },
      'attention',
      'A restore test in “disk” does not count, because nothing trusted vouches for it. Where it is made, the application needs the same retentionKey and a database of the same name, and with trustedSigners a signingKey whose public key is one of them here.',
    ],
    [
      'the last test is old',
      { lastRestoreTest: daysAgo(36) },
      'attention',
      'The last restore test that passed was 36 days ago.',
    ],
    [
      'nothing is planned',
      { nextRuns: [] },
      'attention',
      'The application plans no next backup: somebody or something else has to make it.',
    ],
    [
      'a run is overdue',
      { nextRuns: [{ name: 'nightly', kind: 'backup', at: daysAgo(0.25), destinations: [] }] },
      'attention',
      '“nightly” was due 6 hours ago and has not started.',
    ],
    [
      'stored backups are not encrypted',
      { features: { restore: false, upload: false, encrypts: false, needsIdentity: false } },
      'attention',
      'Stored backups are not encrypted: no encryption key is configured.',
    ],
    [
      'no key of the last backup in a destination is configured',
      { destinations: [destinationOf('disk', { keyConfigured: true }), destinationOf('s3', { keyConfigured: false })] },
      'attention',
      'The last good backup in “s3” was made for none of the keys that are configured. Make a new one, and keep the older key until then.',
    ],
    [
      'a restore runs',
      { maintenance: { since: daysAgo(0), restore: '1' } },
      'attention',
      'The application is closed to others while a restore runs.',
    ],
    [
      'a restore was interrupted',
      { lastRestore: { ...restored, result: 'unknown' } },
      'bad',
      'A restore was interrupted: the next start of the application finishes or undoes it.',
    ],
    [
      'a restore was not checked',
      { lastRestore: { ...restored, result: 'unchecked' } },
      'attention',
      'The application was not checked after the last restore: its next start does that.',
    ],
    [
      'the application is not healthy after a restore',
      { lastRestore: { ...restored, result: 'unchecked', error: { code: 'UNHEALTHY', message: '' } } },
      'bad',
      'The application did not pass its check after the last restore: undo it, or restart the application once it works.',
    ],
  ])('tells that %s', (_, changes, level, text) => {
    expect(said(changes)).toEqual({ level, texts: [text] });
  });

  it('is as bad as the worst, which comes first', () => {
    expect(said({ lastRestoreTest: null, destinations: [destinationOf('disk', { readable: false })] })).toEqual({
      level: 'bad',
      texts: ['The destination “disk” cannot be read.', 'No backup has ever passed a restore test.'],
    });
  });

  it('does not call a run overdue that is running', () => {
    const nextRuns = [{ name: 'nightly', kind: 'backup', at: daysAgo(0.25), destinations: [] }] as const;
    expect(said({ nextRuns, running: [runOf()] })).toEqual({ level: 'good', texts: [] });
  });
});
