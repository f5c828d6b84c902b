import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';
import { MemoryRecords, type RecordStore } from '../database/dialects/records.js';
import { explain } from '../errors/explain.js';
import { HostNest } from '../host/host-nest.js';

/** A small piece of JSON that every process of the application sees. */
export interface ReplicaRecord {
  /** At most 100 ASCII characters. */
  readonly name: string;
  readonly value: unknown;
  /** Milliseconds since it was written, by one clock for all processes. */
  readonly age: number;
}

/** After this time without use, the connection is closed, in milliseconds. */
const IDLE_MS = 15_000;
/** For how long records are kept in this process alone after the database would not take them, in milliseconds. */
const ALONE_MS = 30_000;

/**
 * What the processes of an application tell each other, in its database: of a few hundred bytes, and only as true as the
 * process that wrote it. Where the database cannot keep them, this process is alone with them, and says so in the log.
 */
@Injectable()
export class ReplicaRecords implements OnApplicationShutdown {
  private readonly logger = new Logger(ReplicaRecords.name);
  private readonly alone = new MemoryRecords();
  private aloneUntil = 0;
  private isTold = false;
  private opened: Promise<RecordStore> | undefined;
  private idle: NodeJS.Timeout | undefined;
  /** One statement at a time: there is one connection. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly host: HostNest) {}

  async all(): Promise<ReplicaRecord[]> {
    const found = await this.use((store) => store.all());
    return found.flatMap(({ name, value, age }) => {
      const parsed = parsedOr(value);
      return parsed === undefined ? [] : [{ name, value: parsed, age }];
    });
  }

  async write(name: string, value: unknown): Promise<void> {
    const text = JSON.stringify(value);
    await this.use((store) => store.write(name, text));
  }

  async remove(name: string): Promise<void> {
    await this.use((store) => store.remove(name));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.last;
    await this.close();
  }

  private use<Result>(work: (store: RecordStore) => Promise<Result>): Promise<Result> {
    const result = this.last.then(() => this.attempt(work));
    this.last = result.catch(() => {});
    return result;
  }

  private async attempt<Result>(work: (store: RecordStore) => Promise<Result>): Promise<Result> {
    if (Date.now() < this.aloneUntil) return work(this.alone);
    try {
      const result = await work(await this.store());
      this.isTold = false;
      return result;
    } catch (error) {
      await this.close();
      this.aloneUntil = Date.now() + ALONE_MS;
      if (!this.isTold) {
        this.logger.warn(`Other processes of the application are not told what this one does: ${explain(error)}`);
      }
      this.isTold = true;
      return work(this.alone);
    }
  }

  private async store(): Promise<RecordStore> {
    clearTimeout(this.idle);
    this.idle = setTimeout(() => (this.last = this.last.then(() => this.close())), IDLE_MS).unref();
    const store = await (this.opened ??= this.databases().openRecords());
    if (!store.lost.aborted) return store;
    // The server was restarted, or a pooler has let it go.
    return (this.opened = this.databases().openRecords());
  }

  private databases(): DatabaseService {
    return this.host.moduleRef.get(DatabaseService, { strict: false });
  }

  private async close(): Promise<void> {
    clearTimeout(this.idle);
    const { opened } = this;
    this.opened = undefined;
    await opened?.then((store) => store.close()).catch(() => {});
  }
}

/** Others can write to that table, too. */
function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
