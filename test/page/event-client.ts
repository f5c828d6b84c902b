import type { IncomingMessage } from 'node:http';
import { asSystem } from '../fixtures/host.js';
import { open } from '../fixtures/http-client.js';
import { until } from '../fixtures/wait.js';

export interface SeenEvent {
  readonly event: string;
  readonly data: any;
}

/** A browser's end of `GET P/events`. */
export class EventClient {
  readonly seen: SeenEvent[] = [];
  isOver = false;

  private constructor(readonly response: IncomingMessage) {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) this.take(block);
    });
    response.on('close', () => (this.isOver = true));
    response.on('error', () => {});
  }

  static async open(url: string): Promise<EventClient> {
    return new EventClient(await open(url, { method: 'GET', headers: asSystem }));
  }

  of(event: string): any[] {
    return this.seen.filter((one) => one.event === event).map(({ data }) => data);
  }

  /** Waits for the first event that satisfies it. */
  async first(event: string, is: (data: any) => boolean, within = 10_000): Promise<any> {
    await until(`an event ${event}`, () => this.of(event).some(is), within);
    return this.of(event).find(is);
  }

  close(): void {
    this.response.destroy();
  }

  private take(block: string): void {
    const fields = new Map(
      block.split('\n').map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
    );
    const [event, data] = [fields.get('event'), fields.get('data')];
    if (event !== undefined) this.seen.push({ event, data: JSON.parse(data!) });
  }
}
