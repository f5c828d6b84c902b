import type { BackupStore } from 'nestjs-backup';
import { eachDestination } from '../../../lib/cli/each-destination.js';
import type { Terminal } from '../../../lib/cli/output/terminal.js';
import { destinationFailed } from '../../../lib/errors/destination-errors.js';
import { wrongUsage } from '../../../lib/errors/usage-errors.js';

describe('What a command does in each destination', () => {
  const store = { destinations: ['one', 'two', 'three'] } as unknown as BackupStore;
  let said: string[];
  const terminal = { warn: (text: string) => void said.push(text) } as Terminal;
  beforeEach(() => {
    said = [];
  });
  const work = async (name: string) => {
    if (name === 'two') throw destinationFailed(`"${name}" cannot be listed`);
    if (name === 'nowhere') throw wrongUsage('there is no such destination', 'Name another.');
    return name;
  };

  it('is done in the others when one fails, which is told and makes a failure of it', async () => {
    expect(await eachDestination(terminal, store, undefined, work)).toEqual({ results: ['one', 'three'], code: 1 });
    expect(said).toEqual([expect.stringMatching(/"two" cannot be listed.*DESTINATION_FAILED/)]);
  });

  it('is wrong usage where the application has none', async () => {
    const none = { destinations: [] } as unknown as BackupStore;
    const refused = { code: 'WRONG_USAGE', message: expect.stringContaining('option destinations') };
    await expect(eachDestination(terminal, none, undefined, work)).rejects.toMatchObject(refused);
  });

  it('is done in one alone that is named', async () => {
    expect(await eachDestination(terminal, store, 'three', work)).toEqual({ results: ['three'], code: 0 });
    await expect(eachDestination(terminal, store, 'nowhere', work)).rejects.toMatchObject({ code: 'WRONG_USAGE' });
  });
});

describe('The error of a destination', () => {
  it('has the words of what it failed of in the same sentence, and its cause', () => {
    const cause = new Error('ECONNRESET');
    const own = destinationFailed('bucket "b" does not answer', cause);
    const error = destinationFailed('"vault" did not take the archive', own);
    expect(error).toMatchObject({
      cause,
      message: expect.stringMatching(
        /^The destination failed: "vault" did not take the archive: bucket "b" does not answer\. Check that it is readable/,
      ),
    });
  });
});
