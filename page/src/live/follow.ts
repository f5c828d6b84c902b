import type { RunEvent, RunningRun, StatusAnswer } from '../../../lib/page/page-api.js';
import { ApiError, isRefused } from '../api/api-error.js';
import { route } from '../api/base.js';
import { getStatus } from '../api/client.js';
import { type LiveState, NOTHING_KNOWN, withProgress, withRunEvent, withStatus } from './live-state.js';

/** Between two looks while no stream speaks, in ms: soon at first, since most restarts are short. */
const WAITS = [1_000, 2_000, 3_000, 5_000];
/** Of silence, after which the server is asked whether it is there: a cut cable ends no stream. In ms. */
const SILENCE = 30_000;
/** Between two looks while a restore runs, whose steps are only in the state. In ms. */
const RESTORING = 1_000;

/** Follows the server by its stream of events, and by asking for its state as long as there is none. */
export class Follower {
  private state = NOTHING_KNOWN;
  private stream: EventSource | undefined;
  /** Whether the stream has said something; a proxy may keep everything back. */
  private speaks = false;
  private looks = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isClosed = false;

  constructor(private readonly onState: (state: LiveState) => void) {}

  /** Asks for the state, which also tells why there is no stream; then tries to have one, and looks again later. */
  async look(): Promise<void> {
    clearTimeout(this.timer);
    try {
      const status = await getStatus();
      this.set({ ...withStatus(this.state, status, Date.now()), connection: this.speaks ? 'live' : 'polling' });
      if (!this.stream && !this.isClosed) this.open();
    } catch (error) {
      const problem = error instanceof ApiError ? error : ApiError.unreachable();
      this.closeStream();
      this.set({ ...this.state, connection: isRefused(problem) ? 'refused' : 'lost', problem });
      // Every further attempt would be another refusal in the application's log.
      if (isRefused(problem)) return;
    }
    if (isRestoring(this.state)) this.lookIn(RESTORING);
    else this.lookIn(this.speaks ? SILENCE : WAITS[Math.min(this.looks++, WAITS.length - 1)]!);
  }

  close(): void {
    this.isClosed = true;
    this.closeStream();
    clearTimeout(this.timer);
  }

  private open(): void {
    const stream = new EventSource(route('events'));
    this.stream = stream;
    const on = <Data>(name: string, take: (state: LiveState, data: Data, now: number) => LiveState) =>
      stream.addEventListener(name, ({ data }: MessageEvent<string>) => {
        this.speaks = true;
        this.looks = 0;
        const wasRestoring = isRestoring(this.state);
        this.set({ ...take(this.state, JSON.parse(data) as Data, Date.now()), connection: 'live', problem: null });
        if (!isRestoring(this.state)) this.lookIn(SILENCE);
        else if (!wasRestoring) this.lookIn(RESTORING);
      });
    on<StatusAnswer>('status', withStatus);
    on<RunningRun>('progress', withProgress);
    on<RunEvent>('run', withRunEvent);
    // Ours is the only retry: a browser gives up at the first answer that is no stream, as of a proxy without a server.
    stream.addEventListener('error', () => {
      stream.close();
      if (this.stream !== stream) return;
      this.closeStream();
      this.lookIn(WAITS[Math.min(this.looks, WAITS.length - 1)]!);
      if (this.looks === 0) void this.look();
    });
  }

  private closeStream(): void {
    this.stream?.close();
    this.stream = undefined;
    this.speaks = false;
  }

  private lookIn(ms: number): void {
    clearTimeout(this.timer);
    if (!this.isClosed) this.timer = setTimeout(() => void this.look(), ms);
  }

  private set(state: LiveState): void {
    if (this.isClosed) return;
    const isGone = ({ connection }: LiveState) => connection === 'lost' || connection === 'refused';
    const isBack = isGone(this.state) && !isGone(state);
    this.state = isBack ? { ...state, returns: state.returns + 1 } : state;
    this.onState(this.state);
  }
}

function isRestoring({ status }: LiveState): boolean {
  return status !== null && (status.maintenance !== null || status.lastRestore?.result === null);
}
