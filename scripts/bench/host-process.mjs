import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';

/** A host in a process of its own, which is measured from outside. */
export class HostProcess {
  /** @param setup database (TypeORM's options), dataDirs, compressionLevel */
  static async start(setup) {
    const host = new HostProcess();
    const env = { ...process.env, HOST_SETUP: JSON.stringify({ dataDirs: {}, compressionLevel: 3, ...setup }) };
    host.child = fork(new URL('host.mjs', import.meta.url), { env });
    host.port = (await host.answer()).port;
    return host;
  }

  /** Lets a host work, and ends it in any case. */
  static async with(setup, work) {
    const host = await HostProcess.start(setup);
    try {
      return await work(host);
    } finally {
      await host.stop();
    }
  }

  /**
   * @param work `backup`, `restore` or `nothing`
   * @returns seconds, event-loop delay in ms (p99, longest), memory over the moment before in MB
   */
  async run(work, parameters) {
    const before = this.memory('VmRSS');
    // The peak so far is forgotten (Linux).
    writeFileSync(`/proc/${this.child.pid}/clear_refs`, '5');
    this.child.send({ work, ...parameters });
    const answer = await this.answer();
    return { ...answer, megabytes: this.memory('VmHWM') - before };
  }

  async stop() {
    if (this.child.exitCode !== null) return;
    this.child.kill();
    await once(this.child, 'exit');
  }

  memory(field) {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)[1]) / 1000;
  }

  async answer() {
    const ended = once(this.child, 'exit').then(() => {
      throw new Error('The host ended unexpectedly.');
    });
    ended.catch(() => {});
    const [message] = await Promise.race([once(this.child, 'message'), ended]);
    if (message.error) throw new Error(message.error);
    return message;
  }
}
