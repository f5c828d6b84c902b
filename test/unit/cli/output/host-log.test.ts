import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { heldErrors } from '../../../../lib/cli/output/held-errors.js';
import { HostLog } from '../../../../lib/cli/output/host-log.js';

const lib = join(import.meta.dirname, '../../../../lib');
/** What a command runs of the library; the rest waits for requests, timers or jobs. */
const FOLDERS = ['backup', 'database', 'files', 'history', 'hooks', 'recovery', 'restore', 'store'];

/** The contexts in which errors are logged there. */
function loggingErrors(): string[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(lib, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(lib, folder, name)),
  ).filter((file) => file.endsWith('.ts'));
  const sources = files.map((file) => readFileSync(file, 'utf8')).filter((text) => text.includes('logger.error('));
  return sources.map((text) => /new Logger\((\w+)\.name\)/.exec(text)![1]!);
}

describe('The log of a command', () => {
  let written: string;
  beforeEach(() => {
    written = '';
    for (const stream of [process.stdout, process.stderr]) {
      jest.spyOn(stream, 'write').mockImplementation((text) => {
        written += String(text);
        return true;
      });
    }
  });
  afterEach(() => jest.restoreAllMocks());

  it('keeps back what every service says of a run that failed, until the command has said it or not', () => {
    const contexts = loggingErrors();
    expect(contexts.length).toBeGreaterThan(3);
    const log = new HostLog(false);
    for (const context of contexts) log.error(`Backup 1: the disk of ${context} is full`, context);
    expect(written).toBe('');
    heldErrors.release('the disk of BackupStore is full');
    for (const context of contexts) expect(written.includes(context)).toBe(context !== 'BackupStore');
  });

  it('lets pass what the application says', () => {
    new HostLog(false).error('The mail was not sent', 'MailService');
    expect(written).toContain('The mail was not sent');
  });
});
