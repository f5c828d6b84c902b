/**
 * Decides which process may take the next step of a restore in a store. Nothing can be renamed there, so the claim is a
 * file that every process finishing or undoing a restore rewrites, and that each process checks from time to time: a
 * process that was suspended, and lost its lock in the meantime, finds another process's claim, or none, before it
 * continues. Only the few requests under way when it was suspended can still happen; they copy what the other process
 * copies, and delete what it deletes.
 */
import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { restoreTakenOver } from '../../errors/restore-errors.js';
import type { StoreDirectory } from '../data-directory.js';
import { hasCode } from '../staging-errors.js';
import { type ObjectLayout, ownAttributes } from './object-layout.js';

/** In milliseconds: no process can be suspended, replaced and finished with in less. */
const GOOD_FOR_MS = 1000;

export class Claim {
  private readonly token = randomUUID();
  private readAt = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | undefined;

  private constructor(
    private readonly directory: StoreDirectory,
    private readonly path: string,
  ) {}

  /** Takes the restore over, or starts it. */
  static async take(directory: StoreDirectory, { claim }: ObjectLayout): Promise<Claim> {
    const taken = new Claim(directory, claim);
    await directory.store.put(claim, Buffer.from(taken.token), ownAttributes(claim));
    return taken;
  }

  /** To be called before each step. @throws BackupError `RESTORE_UNFINISHED` when another process has taken over */
  async hold(): Promise<void> {
    if (performance.now() - this.readAt < GOOD_FOR_MS) return;
    this.reading ??= this.read().finally(() => {
      this.reading = undefined;
    });
    await this.reading;
  }

  /** The same regardless of the last check: for use before a step that decides. */
  async read(): Promise<void> {
    const { name, store } = this.directory;
    const begun = performance.now();
    const token = await store.open(this.path).then(
      ({ content }) => text(content),
      (error: unknown) => {
        if (!hasCode(error, 'ENOENT')) throw error;
      },
    );
    if (token !== this.token) throw restoreTakenOver(name, store.location);
    this.readAt = begun;
  }
}
