import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { explain } from '../errors/explain.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';
import type { WrongKeyStorage } from '../options/wrong-keys.js';
import { withDeadline } from '../support/deadline.js';
import { networkOf, type Requester } from './client-identity.js';
import { MemoryStorage } from './memory-storage.js';

/** The storage never blocks by itself: only this service knows which keys were wrong. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER;
/** How long a storage may take before the attempt is counted in memory, in milliseconds. */
const STORAGE_TIMEOUT_MS = 2_000;

/**
 * Counts wrong keys for each user and address. A storage can only increment, so every attempt is counted, and right ones a
 * second time separately: the difference is the number of wrong ones. Each attempt is counted before it is answered, so that
 * of many simultaneous attempts no more than the limit learn whether their key is right. Windows are the same in all
 * processes: they start at multiples of their length. A right key resets nothing: wrong ones expire with their window.
 */
@Injectable()
export class WrongKeyLimiter {
  private readonly logger = new Logger(WrongKeyLimiter.name);
  private readonly memory = new MemoryStorage();

  constructor(@Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions) {}

  /** Counts an attempt. @returns after how many seconds to retry, if there were too many wrong ones; otherwise undefined */
  async count(requester: Requester, isRight: boolean): Promise<number | undefined> {
    const { limit, ttl } = this.options.wrongKeys;
    const now = Date.now();
    const counter = `${counterOf(requester)}:${Math.floor(now / ttl)}`;
    const [all, same] = await this.increment([`${counter}:all`, `${counter}:${isRight ? 'right' : 'wrong'}`]);
    const isTooMany = isRight ? all! - same! >= limit : same! > limit;
    return isTooMany ? Math.max(1, Math.ceil((ttl - (now % ttl)) / 1000)) : undefined;
  }

  /** Both in the same storage, so that they can be compared. */
  private async increment(counters: readonly string[]): Promise<number[]> {
    const { ttl, storage = this.memory } = this.options.wrongKeys;
    const countIn = async (place: WrongKeyStorage) => {
      const answers = counters.map((counter) => place.increment(counter, ttl, NO_LIMIT, ttl, 'backup-key'));
      return (await Promise.all(answers)).map(({ totalHits }) => {
        if (Number.isSafeInteger(totalHits)) return totalHits;
        throw new TypeError('its answer has no number "totalHits"');
      });
    };
    try {
      return await withDeadline(STORAGE_TIMEOUT_MS, countIn(storage), tooLate);
    } catch (error) {
      this.logger.error(`The storage for wrong keys failed, so they are counted in memory: ${explain(error)}`);
      return countIn(this.memory);
    }
  }
}

/** A digest, so that a storage sees neither names nor unusual characters. */
function counterOf({ user, address }: Requester): string {
  const about = JSON.stringify([user, address === null ? null : networkOf(address)]);
  return `nestjs-backup:${createHash('sha256').update(about).digest('base64url')}`;
}

function tooLate(): Error {
  return new Error(`It did not answer within ${STORAGE_TIMEOUT_MS} ms.`);
}
