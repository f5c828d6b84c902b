import { NestFactory } from '@nestjs/core';
import { Server } from 'node:net';

const MAKERS = ['create', 'createApplicationContext', 'createMicroservice'] as const;

/**
 * Does something while no server can be started and no Nest application be made: what is loaded may be a main script. They
 * wait for ever instead, from then on, too, since a main script does both behind its import.
 * @returns the result, and whether something of it was tried so far
 */
export async function withoutServers<Result>(
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly started: () => boolean }> {
  let tried = false;
  const wait = () => {
    tried = true;
    return new Promise<never>(() => {});
  };
  for (const maker of MAKERS) Object.defineProperty(NestFactory, maker, { value: wait, configurable: true });
  Object.defineProperty(Server.prototype, 'listen', {
    value(this: Server) {
      tried = true;
      return this;
    },
    configurable: true,
    writable: true,
  });
  const result = await work();
  // What the script does in its first turns.
  await new Promise((resolve) => setImmediate(resolve));
  return { result, started: () => tried };
}
