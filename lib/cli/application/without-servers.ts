import { Server } from 'node:net';
import { NestFactory } from '@nestjs/core';

const MAKERS = ['create', 'createApplicationContext', 'createMicroservice'] as const;

/**
 * Does something while no server can be started and no Nest application created: the loaded file may be a main script. Such
 * calls never resolve, even afterwards, since a main script makes them after its import has returned.
 * @returns the result, and whether either was attempted so far
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
  // For what the script does in its first turns of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
  return { result, started: () => tried };
}
