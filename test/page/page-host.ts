import { type BackupModuleOptions, BackupStore } from 'nestjs-backup';
import { asSystem, body, ENDPOINT, type Host } from '../fixtures/host.js';
import { type Answer, type Ask, send } from '../fixtures/http-client.js';
import { until } from '../fixtures/wait.js';

/** The page's routes of a host, as its client asks them. */
export class PageClient {
  constructor(private readonly host: Host) {}

  url(route: string): string {
    return `${this.host.url}${ENDPOINT}${route}`;
  }

  get(route: string, ask: Ask = {}): Promise<Answer> {
    return send(this.url(route), { method: 'GET', headers: asSystem, ...ask });
  }

  act(route: string, more: object = {}, ask: Ask = {}): Promise<Answer> {
    return send(this.url(route), { method: 'POST', headers: asSystem, body: { ...body, ...more }, ...ask });
  }

  /** Makes a backup in a destination, and waits until it is there. */
  async store(destination: string, more: object = {}): Promise<string> {
    const answer = await this.host.post({ body: { ...body, destination, ...more } });
    expect(answer).toMatchObject({ status: 202 });
    const { id } = answer.json as { id: string };
    const store = this.host.app.get(BackupStore, { strict: false });
    const isStored = async () => (await store.list(destination)).some((one) => one.id === id && one.manifest);
    await until('it is stored', isStored, 20_000);
    return id;
  }

  /** Follows a link as it was given. */
  follow(url: string, ask: Ask = {}): Promise<Answer> {
    return send(this.host.url + url, { method: 'GET', headers: asSystem, ...ask });
  }
}

export const withPage = (options: BackupModuleOptions) => ({ options, extras: { page: true } });
