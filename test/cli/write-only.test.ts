import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { jest } from '@jest/globals';
import type { TestingModule } from '@nestjs/testing';
import { headerLength, payloadKey } from '../../lib/crypto/age/age-format.js';
import { Identities } from '../../lib/crypto/age/identities.js';
import { BackupHealthIndicator } from '../../lib/health/index.js';
import { StatusService } from '../../lib/status/status.service.js';
import { type KeyPair, keyPair } from '../fixtures/age.js';
import { CliHost } from '../fixtures/cli.js';
import { healthApp } from '../fixtures/health-app.js';
import { memoryProblem, timesInMemory } from '../fixtures/process-memory.js';
import { secret } from '../fixtures/secrets.js';
import { itUnless } from '../fixtures/unless.js';

jest.setTimeout(240_000);

const PROGRAM = join(import.meta.dirname, '../fixtures/memory-host.mjs');
const RETENTION_KEY = secret('what only the application knows, and may be found');

describe('A server that has recipients alone', () => {
  let host: CliHost;
  let alice: KeyPair;
  let env: Record<string, string>;
  const vault = () => join(host.folder, 'vault');
  beforeAll(async () => {
    [host, alice] = [await CliHost.make(), await keyPair()];
    mkdirSync(vault());
    writeFileSync(join(host.folder, 'key.txt'), alice.file);
    // More than a block, so that the cipher is used again and again.
    writeFileSync(join(host.files, 'bulk.jpg'), Buffer.alloc(5_000_000, 'bulk'));
    env = {
      HOST_RECIPIENTS: JSON.stringify([alice.recipient]),
      HOST_VAULTS: JSON.stringify({ vault: vault() }),
      HOST_RETENTION_KEY: RETENTION_KEY,
    };
  });
  afterAll(() => host.remove());

  /** What opens the archive in the vault. */
  async function keysOfArchive(): Promise<{ fileKey: Buffer; payloadKey: Buffer }> {
    const [name] = readdirSync(vault()).filter((one) => one.endsWith('.age'));
    const archive = readFileSync(join(vault(), name!));
    const length = headerLength(archive)!;
    const fileKey = await Identities.parse(alice.identity).unwrap(archive.subarray(0, length));
    return { fileKey, payloadKey: payloadKey(fileKey, archive.subarray(length, length + 16)) };
  }

  itUnless(memoryProblem())('has nothing in its memory after a backup that opens the archive', async () => {
    const heap = join(host.folder, 'backup.heapsnapshot');
    const { NODE_OPTIONS: _, ...inherited } = process.env;
    const environment = { ...inherited, ...host.environment, ...env };
    const child = spawn(process.execPath, ['--expose-gc', PROGRAM, heap], { cwd: host.folder, env: environment });
    try {
      const next = linesOf(child);
      await next('made');
      const keys = await keysOfArchive();
      const identity = Buffer.from(alice.identity.slice(15));
      // This is how anything is found that is there.
      const canary = Buffer.from(RETENTION_KEY);
      const snapshot = readFileSync(heap);
      expect(snapshot.includes(canary)).toBe(true);
      for (const key of [keys.fileKey, keys.payloadKey, identity]) {
        for (const form of [key, ...textsOf(key)]) expect(snapshot.includes(form)).toBe(false);
      }
      child.stdin.write('collect\n');
      await next('collected');
      const found = timesInMemory(child.pid!, { ...keys, identity, canary });
      expect(found).toMatchObject({ fileKey: 0, payloadKey: 0, identity: 0 });
      expect(found.canary).toBeGreaterThan(0);
      child.stdin.end('end\n');
      await once(child, 'exit');
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('is told by its health of a restore test that ran where the identity is', async () => {
    const made = await host.run(['create', '--app', host.app, '--to', 'vault'], { env });
    expect(made.code).toBe(0);
    const app = await application();
    try {
      const health = async () => (await app.get(BackupHealthIndicator).isHealthy('backups')).backups;
      expect(await health()).toMatchObject({ status: 'down', lastRestoreTest: null, lastBackup: expect.any(String) });
      // The other machine has the identity, and the application's configuration.
      const args = ['test', '--from', 'vault', '--app', host.app, '--identity', 'key.txt', '--json'];
      const tested = await host.run(args, { env });
      expect(tested).toMatchObject({ code: 0 });
      expect(JSON.parse(String(tested.stdout))).toMatchObject({ restoreTest: true, encrypted: true });
      app.get(StatusService, { strict: false }).lookAgain();
      expect(await health()).toMatchObject({ status: 'up', lastRestoreTest: expect.any(String) });
    } finally {
      await app.close();
    }
    const wrong = await host.run(['test', '--app', host.app], { env });
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('--from') });
    const without = await host.run(['test', '--from', 'vault', '--app', host.app], { env });
    expect(without).toMatchObject({ code: 4, stderr: expect.stringContaining('no identity was given') });
  });

  /** The application itself, in this process. */
  const application = (): Promise<TestingModule> =>
    healthApp(host, vault(), { recipients: [alice.recipient], retentionKey: RETENTION_KEY });
});

/** Waits for a line of the program; whatever it says on stderr is the reason when it ends instead. */
function linesOf(child: ChildProcessWithoutNullStreams): (line: string) => Promise<void> {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  return async (wanted) => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`It ended: ${said}`);
      if (value === wanted) return;
    }
  };
}

/** As a heap snapshot would show bytes. */
function textsOf(key: Buffer): string[] {
  return [key.toString('hex'), key.toString('base64'), JSON.stringify(key.toString('latin1')), [...key].join(',')];
}
