import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { explain } from '../errors/explain.js';
import { BackupCore } from './backup-core.js';
import type { RunEvent, RunningRun } from './page-api.js';
import { PageStatus } from './page-status.js';
import { lostEnd } from './run-state.js';
import { SharedRuns } from './shared-runs.js';

/** How often runs are looked at, in milliseconds. */
const LOOK_MS = 500;
/** A status, even if nothing seems to have happened, after so many looks: it also keeps proxies from closing the connection. */
const STATUS_EVERY = 20;
/** What a client may leave unread before it is let go, in bytes. */
const MOST_UNREAD = 1_000_000;
/** After which time a browser connects again, in milliseconds. */
const RETRY_MS = 2_000;

/** Server-sent events (HTML standard, section 9.2) for the pages that are open: all of them get the same. */
@Injectable()
export class EventStreams implements OnModuleDestroy {
  private readonly logger = new Logger(EventStreams.name);
  private readonly clients = new Set<ServerResponse>();
  private seen = new Map<string, RunningRun>();
  /** Ids of runs whose end needs not be told any more. */
  private over: ReadonlySet<string> = new Set();
  private timer: NodeJS.Timeout | undefined;
  private looks = 0;
  private isLooking = false;

  constructor(
    private readonly core: BackupCore,
    private readonly status: PageStatus,
    private readonly runs: SharedRuns,
  ) {}

  /** @param response whose headers were sent */
  async add(response: ServerResponse, request: IncomingMessage): Promise<void> {
    response.write(`retry: ${RETRY_MS}\n\n`);
    this.clients.add(response);
    response.once('close', () => this.clients.delete(response));
    if (request.socket.destroyed) this.clients.delete(response);
    if (!this.timer) {
      this.timer = setInterval(() => void this.look(), LOOK_MS).unref();
      // What ended while nobody looked is no news.
      this.over = new Set(endsOf(await this.runs.all()).keys());
    }
    response.write(eventText('status', await this.status.now()));
  }

  /** A server that closes waits for its connections. */
  onModuleDestroy(): void {
    clearInterval(this.timer);
    for (const client of this.clients) client.end();
  }

  private async look(): Promise<void> {
    if (this.isLooking) return;
    if (this.clients.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    this.isLooking = true;
    try {
      await this.tellChanges();
    } catch (error) {
      this.logger.warn(`The page was not told what happens: ${explain(error)}`);
    } finally {
      this.isLooking = false;
    }
  }

  private async tellChanges(): Promise<void> {
    const all = await this.runs.all();
    const now = new Map(all.filter(({ end }) => end === null).map(({ run }) => [run.id, run]));
    const ends = endsOf(all);
    let isNews = this.looks++ % STATUS_EVERY === 0;
    for (const run of now.values()) {
      if (!this.seen.has(run.id)) this.tell('run', started(run));
      isNews ||= !this.seen.has(run.id);
      this.tell('progress', run);
    }
    for (const run of this.seen.values()) {
      if (now.has(run.id)) continue;
      isNews = this.ended(ends.get(run.id) ?? lostEnd(run));
    }
    // Those that have started and ended between two looks.
    for (const [id, end] of ends) {
      if (this.seen.has(id) || this.over.has(id)) continue;
      isNews = this.ended(end);
    }
    this.seen = now;
    this.over = new Set(ends.keys());
    if (isNews) this.tell('status', await this.status.now());
  }

  /** Whichever process it was in, the destinations may hold something else now. */
  private ended(end: RunEvent): true {
    this.core.status.lookAgain();
    this.tell('run', end);
    return true;
  }

  private tell(event: string, data: unknown): void {
    const text = eventText(event, data);
    for (const client of this.clients) {
      if (client.writableLength > MOST_UNREAD) client.destroy();
      else client.write(text);
    }
  }
}

function endsOf(all: Awaited<ReturnType<SharedRuns['all']>>): Map<string, RunEvent> {
  return new Map(all.flatMap(({ run, end }) => (end ? [[run.id, end]] : [])));
}

function started({ id, kind }: RunningRun): RunEvent {
  return { id, kind, state: 'started', error: null };
}

function eventText(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
