import { Inject, Injectable, Logger } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { explain } from '../errors/explain.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/backup-options.js';
import type { WrongKeyStorage } from '../options/wrong-keys.js';
import { MemoryStorage } from './memory-storage.js';
import { networkOf, type Requester } from './client-identity.js';

/** The storage never blocks by itself: which keys were wrong is known here only. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER;
/** How long a storage may take, in milliseconds, before the attempt is counted in memory. */
const PATIENCE = 2_000;

/**
 * Counts wrong keys for each user and address. A storage can only increment, so every attempt is counted, and right ones
 * once more beside: the difference is what was wrong. Each attempt is counted before it is answered, so that of many at
 * once no more than the limit are told whether their key is right. Windows are the same in all processes: they begin
 * at multiples of their length. A right key forgives nothing: wrong ones are forgotten when their window ends.
 */
@Injectable()
export class WrongKeyLimiter {
  private readonly logger = new Logger(WrongKeyLimiter.name);
  private readonly memory = new MemoryStorage();

  constructor(@Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions) {}

  /** Counts an attempt. @returns in how many seconds to come back, if there were too many wrong ones; else undefined */
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
      return await withPatience(countIn(storage));
    } catch (error) {
      this.logger.error(`The storage of wrong keys failed; they are counted in memory. ${explain(error)}`);
      return countIn(this.memory);
    }
  }
}

/** A digest, so that a storage learns no names and gets no odd characters. */
function counterOf({ user, address }: Requester): string {
  const about = JSON.stringify([user, address === null ? null : networkOf(address)]);
  return `nestjs-backup:${createHash('sha256').update(about).digest('base64url')}`;
}

function withPatience<Result>(work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`It did not answer within ${PATIENCE} ms.`)), PATIENCE);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
