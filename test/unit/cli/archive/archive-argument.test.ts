import { applicationOf, archiveSource, storedReference } from '../../../../lib/cli/archive/archive-argument.js';
import { plant, temporaryDirectory } from '../../../fixtures/files.js';

const directory = temporaryDirectory();
const ID = '0d2a3e7c-1111-4222-8333-444455556666';

describe('An archive as an argument', () => {
  let before: string;
  beforeEach(() => {
    before = process.cwd();
    process.chdir(directory.path);
  });
  afterEach(() => process.chdir(before));

  it.each([`vault:${ID}`, 'vault:latest', 'off-site_2:latest'])('%s is a backup in a destination', (argument) => {
    const [destination, id] = argument.split(':');
    expect(archiveSource(argument)).toEqual({ destination, id });
  });

  it.each([
    ...['backup.zip', './vault:latest', '/var/vault:latest', 'a/b:latest', 'C:\\backup.zip', 'vault:../x', 'vault:'],
    ...['-x:latest', ':latest', 'ä:latest', 'a b:latest'],
  ])('%s is a file', (argument) => {
    expect(archiveSource(argument)).toBe(argument);
  });

  it('a file that is there wins', () => {
    plant(directory.path, { 'vault:latest': 'x' });
    expect(storedReference('vault:latest')).toBeUndefined();
    expect(archiveSource('vault:latest')).toBe('vault:latest');
    expect(archiveSource('vault:first')).toEqual({ destination: 'vault', id: 'first' });
  });

  it('- is stdin', () => expect(archiveSource('-')).toBe(process.stdin));

  it('needs an application when it is in a destination', () => {
    expect(applicationOf('vault:latest', 'app.js')).toBe('app.js');
    expect(() => applicationOf('vault:latest', undefined)).toThrow(
      /Name the application with --app, or write \.\/vault:latest/,
    );
  });
});
