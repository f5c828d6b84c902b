import { GIVE_IDENTITY, GIVE_KEY } from '../../../lib/errors/archive-errors.js';
import { BackupError } from '../../../lib/errors/backup-error.js';
import { messageOverHttp } from '../../../lib/errors/over-http.js';

const told = (remedy: string, remedyOverHttp?: string) =>
  messageOverHttp(new BackupError('RESTORE_REFUSED', 'It does not fit.', { remedy, remedyOverHttp }));

describe('An error over HTTP', () => {
  it.each(['Use --replace.', 'Choose another name with -o.', 'Or restore it (--skip-files).', '--dry-run shows it.'])(
    'says of "%s" that it is an option of the command line',
    (remedy) => expect(told(remedy)).toBe(`It does not fit. On the command line: ${remedy}`),
  );

  it.each([
    'Make a new one.',
    'Set NODE_OPTIONS=--experimental-vm-modules.',
    'Look at a well-known place - or two.',
    '',
  ])('is as everywhere with "%s"', (remedy) =>
    expect(told(remedy)).toBe(new BackupError('LOCKED', 'It does not fit.', { remedy }).message),
  );

  it('says something else where there is another way', () => {
    expect(told('Pass it with --key.', 'Give it in the dialog.')).toBe('It does not fit. Give it in the dialog.');
  });

  it.each([GIVE_KEY, GIVE_IDENTITY])('names no option of the command line where a key is missing', (remedies) => {
    expect(remedies.remedyOverHttp).not.toMatch(/--|BACKUP_/);
    expect(remedies.remedy).not.toMatch(/HTTP|page|dialog/);
  });
});
