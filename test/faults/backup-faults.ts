import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import type { DataSource } from 'typeorm';
import type { Chance } from '../fixtures/streams.js';
import type { Wire } from './wire.js';
import { writeAtOnce } from './writers.js';

/** For how long a client of these backups may take nothing, in milliseconds. */
export const IDLE_MS = 1_500;

/** What a fault meets: a backup in mid-stream. */
export interface Scene {
  readonly wire: Wire | undefined;
  readonly chance: Chance;
  /** Of the application. */
  readonly dataSource: DataSource;
  /** One of the data directory's files, by chance. */
  readonly file: string;
  readonly response: IncomingMessage;
}

export interface Fault {
  readonly name: string;
  /** Only where there is a server. */
  readonly ofServers?: boolean;
  /** Whether a clean archive may say that something was left out. */
  readonly mayBeIncomplete?: boolean;
  /** Only where the database is not a file: as a user for whom modes of files count, root may read everything. */
  readonly unprivileged?: boolean;
  /** Takes seconds: the everyday run has it on one engine. */
  readonly lasts?: boolean;
  strike(scene: Scene): unknown;
}

const ofServers: readonly Fault[] = [
  { name: 'every connection to the server breaks', strike: ({ wire }: Scene) => wire!.proxy.cut() },
  { name: 'the server ends every connection', strike: ({ wire }: Scene) => wire!.endConnections() },
  { name: 'the server is away for a while', strike: ({ wire, chance }: Scene) => wire!.away(chance.between(1, 400)) },
  {
    name: 'transactions of the application fail at one another',
    strike: ({ dataSource, chance }: Scene) => writeAtOnce(dataSource, chance),
  },
].map((fault) => ({ ...fault, ofServers: true }));

const ofClients: readonly Fault[] = [
  { name: 'the client leaves', strike: ({ response }) => response.socket.destroy() },
  { name: 'the client breaks off', strike: ({ response }) => response.socket.resetAndDestroy() },
  {
    name: 'the client stalls, and goes on',
    strike: async ({ response, chance }) => {
      response.pause();
      await sleep(chance.between(100, 600));
      response.resume();
    },
  },
  {
    name: 'the client stalls for longer than it may',
    lasts: true,
    strike: async ({ response, chance }) => {
      response.pause();
      await sleep(IDLE_MS + chance.between(0, IDLE_MS));
      response.resume();
    },
  },
  {
    name: 'the client reads a byte a second',
    lasts: true,
    strike: async ({ response, chance }) => {
      response.pause();
      for (let second = chance.between(1, 4); second > 0; second--) {
        await sleep(1_000);
        response.read(1);
      }
      response.resume();
    },
  },
];

const ofFiles: readonly Fault[] = [
  { name: 'a file is deleted', strike: ({ file }: Scene) => rmSync(file, { force: true }) },
  { name: 'a file is made unreadable', unprivileged: true, strike: ({ file }: Scene) => chmodSync(file, 0o000) },
  { name: 'a file is cut', strike: ({ file }: Scene) => truncateSync(file, 1_000) },
  { name: 'a file grows', strike: ({ file }: Scene) => appendFileSync(file, Buffer.alloc(500_000, 1)) },
  {
    name: 'a file is replaced by another',
    strike: ({ file }: Scene) => {
      rmSync(file);
      writeFileSync(file, Buffer.alloc(300_000, 2));
    },
  },
  {
    name: 'a file is replaced by a pipe that nobody writes to',
    strike: ({ file }: Scene) => {
      rmSync(file);
      execFileSync('mkfifo', [file]);
    },
  },
  {
    name: 'a file is replaced by a directory',
    strike: ({ file }: Scene) => {
      rmSync(file);
      mkdirSync(join(file, 'deep'), { recursive: true });
    },
  },
].map((fault) => ({ ...fault, mayBeIncomplete: true }));

/** A machine's clock cannot be set by a test; what this process sees of it can. */
async function jumpingClock(hours: number): Promise<void> {
  const now = Date.now.bind(Date);
  const jump = jest.spyOn(Date, 'now').mockImplementation(() => now() + hours * 3_600_000);
  await sleep(200);
  jump.mockRestore();
}

const ofClocks: readonly Fault[] = [
  { name: 'the clock jumps ahead', strike: () => jumpingClock(24) },
  { name: 'the clock jumps back', strike: () => jumpingClock(-24) },
];

export const backupFaults: readonly Fault[] = [...ofServers, ...ofClients, ...ofFiles, ...ofClocks];
