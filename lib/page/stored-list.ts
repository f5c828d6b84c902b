import { Injectable, Logger } from '@nestjs/common';
import { explain } from '../errors/explain.js';
import { mostCertain } from '../store/open-stored.js';
import type { StoredBackup } from '../store/stored-backups.js';
import { BackupCore } from './backup-core.js';
import type { BackupContentAnswer, BackupsAnswer, StoredBackupItem } from './page-api.js';
import { noSuchBackup, noSuchDestination } from './routes/page-errors.js';

/** For how long a listing serves the pages after the first one, in milliseconds: each is many requests to some destinations. */
const LISTED_FOR = 60_000;

/** Which of the stored backups to show. */
export interface ListRequest {
  /** Default: all destinations. */
  readonly destination?: string;
  /** Only backups that started before this time. */
  readonly before?: Date;
  readonly limit: number;
}

/** What is stored in the destinations, for people. */
@Injectable()
export class StoredList {
  private readonly logger = new Logger(StoredList.name);
  private readonly listed = new Map<string, { readonly at: number; readonly backups: StoredBackup[] }>();

  constructor(private readonly core: BackupCore) {}

  /** @throws HttpException 404 when there is no such destination */
  async page({ destination, before, limit }: ListRequest): Promise<BackupsAnswer> {
    const names = destination === undefined ? this.core.store.destinations : [this.known(destination)];
    const lists = await Promise.all(names.map((name) => this.list(name, before === undefined)));
    const all = lists
      .flatMap((list) => list ?? [])
      .filter(({ createdAt }) => before === undefined || createdAt < before)
      .toSorted((one, other) => other.createdAt.getTime() - one.createdAt.getTime());
    // Those of one time stay together, because the next page begins before that time.
    const last = all[limit - 1]?.createdAt.getTime() ?? 0;
    const items = all.filter(({ createdAt }) => createdAt.getTime() >= last);
    return {
      items: items.map(itemOf),
      next: items.length < all.length ? items.at(-1)!.createdAt.toISOString() : null,
      unreadable: names.filter((_, index) => lists[index] === undefined),
    };
  }

  /** @throws HttpException 404; BackupError `DESTINATION_FAILED` */
  async find(destination: string, id: string): Promise<StoredBackup> {
    const all = await this.core.store.list(this.known(destination));
    const found = mostCertain(all.filter((one) => one.id === id && !one.isOrphan));
    if (!found) throw noSuchBackup();
    return found;
  }

  /** From the archive's own manifest. @throws HttpException 404; BackupError as `RestoreService.inspect` */
  async content(destination: string, id: string): Promise<BackupContentAnswer> {
    await this.find(destination, id);
    const { manifest, signature } = await this.core.restores.look({ destination, id }, {});
    const { createdAt, finishedAt, appVersion, database, tables, files, skipped, warnings, complete } = manifest;
    return {
      id,
      createdAt,
      finishedAt,
      appVersion,
      database,
      tables: tables.map(({ name, rows }) => ({ name, rows })),
      files: Object.entries(files).map(([name, { count, bytes }]) => ({ name, count, bytes })),
      skipped,
      warnings,
      complete,
      signature,
    };
  }

  /** @throws HttpException 404 */
  known(destination: string): string {
    const { destinations } = this.core.store;
    if (!destinations.includes(destination)) throw noSuchDestination(destinations);
    return destination;
  }

  private async list(name: string, isFirstPage: boolean): Promise<StoredBackup[] | undefined> {
    const known = this.listed.get(name);
    if (known && !isFirstPage && Date.now() - known.at < LISTED_FOR) return known.backups;
    this.listed.delete(name);
    try {
      const backups = await this.core.store.list(name);
      this.listed.set(name, { at: Date.now(), backups });
      return backups;
    } catch (error) {
      this.logger.warn(`Could not list the destination "${name}": ${explain(error)}`);
      return undefined;
    }
  }
}

function itemOf(backup: StoredBackup): StoredBackupItem {
  const { destination, id, createdAt, encrypted, bytes, result, origin, problem, testedAt } = backup;
  const { manifest } = backup;
  // Of what nobody here could open the counts are not known.
  const counts = manifest?.uploaded === 'unverified' ? null : manifest;
  return {
    destination,
    id,
    createdAt: createdAt.toISOString(),
    finishedAt: manifest?.finishedAt ?? null,
    encrypted,
    bytes,
    result,
    origin,
    problem,
    rows: counts?.rows ?? null,
    files: counts?.files ?? null,
    testedAt: testedAt?.toISOString() ?? null,
    lockedUntil: backup.lockedUntil?.toISOString() ?? null,
    appVersion: counts?.appVersion ?? null,
    tables: counts?.tables ?? null,
    redacted: manifest?.redacted ?? false,
    schedule: manifest?.scheduled?.schedule ?? null,
    keyIds: manifest?.keyIds ?? [],
    keyConfigured: backup.isKeyConfigured,
  };
}
