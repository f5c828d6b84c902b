/**
 * Who may take the next step of a restore in a store. Nothing can be renamed there, so it is a file that whoever finishes
 * or undoes a restore writes anew, and that each process looks at from time to time: one that was stopped, and lost its
 * lock meanwhile, finds another one's, or none, before it goes on. The few requests that were under way when it was
 * stopped can still happen; they copy what the other one copies, and delete what it deletes.
 */
import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { restoreTakenOver } from '../../errors/restore-errors.js';
import type { StoreDirectory } from '../data-directory.js';
import { hasCode } from '../local/staging-errors.js';
import { type ObjectLayout, ownAttributes } from './object-layout.js';

/** Nobody can be stopped, replaced, and finished with in less, in milliseconds. */
const GOOD_FOR_MS = 1000;

export class Claim {
  private readonly token = randomUUID();
  private readAt = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | undefined;

  private constructor(
    private readonly directory: StoreDirectory,
    private readonly path: string,
  ) {}

  /** Takes the restore over, or begins it. */
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

  /** The same, whenever it was looked at last: before a step that decides. */
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
