import { once } from 'node:events';
import { mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { CliHost, type CliProcess } from '../fixtures/cli.js';
import { everyday } from '../fixtures/everyday.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';

// Each start of the host takes seconds on a busy machine.
jest.setTimeout(120_000);

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

describe('An archive that is half written', () => {
  let host: CliHost;
  const partials = (folder = host.folder) => readdirSync(folder).filter((name) => name.endsWith('partial'));
  const isWriting = (folder = host.folder) =>
    until('it writes', () => partials(folder).some((name) => statSync(join(folder, name)).size > 0), 60_000);

  beforeEach(async () => {
    host = await CliHost.make();
    // Takes so long that the command is in the middle of it.
    writeFileSync(join(host.files, 'large.bin'), '');
    truncateSync(join(host.files, 'large.bin'), 20e9);
  });
  afterEach(() => host.remove());

  const ended = async (child: CliProcess, by: NodeJS.Signals) => {
    const exit = once(child, 'exit');
    child.kill(by);
    return (await exit) as [number | null, NodeJS.Signals | null];
  };

  it.each(everyday(SIGNALS, 1))('is removed when %s ends the command', async (signal) => {
    const child = host.spawn(['create', '--app', host.app, '-o', 'b.zip', '--quiet']);
    await isWriting();
    expect(await ended(child, signal)).toEqual([null, signal]);
    expect(readdirSync(host.folder)).not.toContain('b.zip');
    expect(partials()).toEqual([]);
  });

  it('is removed from a destination, too, when a signal ends the command', async () => {
    const vault = join(host.folder, 'vault');
    mkdirSync(vault);
    const env = { HOST_VAULTS: JSON.stringify({ vault }) };
    const child = host.spawn(['create', '--app', host.app, '--to', 'vault', '--quiet'], env);
    await isWriting(vault);
    await ended(child, 'SIGTERM');
    expect(readdirSync(vault)).toEqual([]);
  });

  it('is removed by the next command when its own was killed, and by none while that lives', async () => {
    const child = host.spawn(['create', '--app', host.app, '-o', 'b.zip', '--quiet']);
    await isWriting();
    const [theirs] = partials();
    const other = await CliHost.make();
    try {
      const create = (name: string) => other.run(['create', '--app', other.app, '-o', join(host.folder, name)]);
      expect(await create('one.zip')).toMatchObject({ code: 0 });
      expect(partials()).toEqual([theirs]);
      await ended(child, 'SIGKILL');
      expect(partials()).toEqual([theirs]);
      // Of a machine that nothing is known of, and of another program.
      const elsewhere = `.nestjs-backup-output.0123456789-1-1.00112233.nestjs-partial`;
      for (const name of [elsewhere, '.theirs.partial']) writeFileSync(join(host.folder, name), AES_KEY);
      expect(await create('two.zip')).toMatchObject({ code: 0 });
      expect(partials().toSorted()).toEqual([elsewhere, '.theirs.partial'].toSorted());
    } finally {
      await other.remove();
    }
  });
});
