import { once } from 'node:events';
import { getPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { backgroundProgramOf, programOf } from '../../../lib/support/thread-program.js';
import { itUnless } from '../../fixtures/unless.js';

const itOnLinux = itUnless(process.platform === 'linux' ? undefined : 'threads have no priority of their own');

function tellPriority(): void {
  const { parentPort } = process.getBuiltinModule('node:worker_threads');
  parentPort!.postMessage(process.getBuiltinModule('node:os').getPriority());
}

async function toldBy(program: string): Promise<number> {
  const worker = new Worker(program, { eval: true });
  const [priority] = await once(worker, 'message');
  await worker.terminate();
  return priority as number;
}

describe('The program of a thread', () => {
  it('has the priority of the application, which may wait for it', async () => {
    expect(await toldBy(programOf(tellPriority))).toBe(getPriority());
  });

  itOnLinux('leaves the processor to the application in the background', async () => {
    const before = getPriority();
    expect(await toldBy(backgroundProgramOf(tellPriority))).toBe(10);
    expect(getPriority()).toBe(before);
  });
});
