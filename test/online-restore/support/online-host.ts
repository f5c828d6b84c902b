import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { DataSourceOptions } from 'typeorm';
import type { OnlineRestoreState } from '../../../lib/online/online-answers.js';
import type { AdapterName } from '../../fixtures/host.js';
import { type Answer, send } from '../../fixtures/http-client.js';
import { recordForSecrets } from '../../fixtures/secrets.js';
import { until } from '../../fixtures/wait.js';

const PROGRAM = join(import.meta.dirname, 'online-host.mjs');

export interface OnlineHostSetup {
  readonly database: DataSourceOptions;
  /** Of the only destination, `vault`. */
  readonly vault: string;
  /** Of the only data directory, `files`. */
  readonly files: string;
  /** A file whose content says whether the application is well; without it, it is. */
  readonly health?: string;
  /** Whether it takes part in restores over HTTP. Default: yes. */
  readonly restores?: boolean;
  readonly adapter?: AdapterName;
}

interface Message {
  readonly number?: number;
  readonly value?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
  readonly phase?: string;
}

/** An application in a process of its own, made of the built package, that is restored while it runs. */
export class OnlineHost {
  private asked = 0;
  /** Every phase that it has recorded, in order. */
  readonly phases: string[] = [];

  private constructor(
    readonly child: ChildProcess,
    readonly url: string,
    private readonly said: { readonly text: string },
  ) {}

  static async start(setup: OnlineHostSetup): Promise<OnlineHost> {
    const { NODE_OPTIONS: _, ...inherited } = process.env;
    const child = fork(PROGRAM, {
      execArgv: [],
      env: {
        ...inherited,
        HOST_DATABASE: JSON.stringify(setup.database),
        HOST_VAULT: setup.vault,
        HOST_FILES: setup.files,
        HOST_HEALTH: setup.health ?? '',
        HOST_RESTORES: setup.restores === false ? 'no' : 'yes',
        HOST_ADAPTER: setup.adapter ?? 'Express',
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const said = { text: '' };
    const died = once(child, 'exit').then(([code]) =>
      Promise.reject(new Error(`The host ended with ${code}: ${said.text}`)),
    );
    died.catch(() => {});
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (chunk: Buffer) => {
        recordForSecrets(chunk);
        said.text += chunk.toString();
      });
    }
    const [{ port }] = (await Promise.race([once(child, 'message'), died])) as [{ port: number }];
    const host = new OnlineHost(child, `http://127.0.0.1:${port}/app`, said);
    child.on('message', ({ phase }: Message) => {
      if (phase !== undefined) host.phases.push(phase);
    });
    return host;
  }

  /** Asks for one of the commands of the program. Rejects with the error's code. */
  async ask<Result>(command: string, argument?: string): Promise<Result> {
    const number = ++this.asked;
    const answer = new Promise<Result>((resolve, reject) => {
      const listen = (message: Message) => {
        if (message.number !== number) return;
        this.child.off('message', listen).off('exit', gone);
        const { error, value } = message;
        if (error) reject(Object.assign(new Error(error.message), error));
        else resolve(value as Result);
      };
      const gone = () => reject(new Error(`The host is gone: ${this.said.text}`));
      this.child.on('message', listen).once('exit', gone);
    });
    this.child.send({ number, command, argument });
    return answer;
  }

  last(): Promise<OnlineRestoreState | null> {
    return this.ask('last');
  }

  /** Waits until the last restore is over. */
  async over(): Promise<OnlineRestoreState> {
    let state: OnlineRestoreState | null = null;
    await until(
      'the restore is over',
      async () => {
        state = await this.last();
        return state?.result != null && (await this.ask('maintenance')) === null;
      },
      60_000,
    );
    return state!;
  }

  /** Starts a restore and waits for its end. */
  async restore(backup: string): Promise<OnlineRestoreState> {
    const id = await this.ask<string>('start', backup);
    const state = await this.over();
    expect(state.id).toBe(id);
    return state;
  }

  async phase(name: string): Promise<void> {
    await until(`phase ${name}`, () => this.phases.includes(name), 60_000);
  }

  get(path: string): Promise<Answer> {
    return send(this.url + path, { method: 'GET' });
  }

  note(text: string): Promise<Answer> {
    return send(`${this.url}/notes?text=${encodeURIComponent(text)}`, {});
  }

  /** Ends it at once, if it has not ended. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}
