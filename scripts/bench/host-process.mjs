import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';

/** A host in a process of its own, which is measured from outside. */
export class HostProcess {
  /**
   * @param setup node (of findNodes), database (TypeORM's options), whether it has entities, and options of the module,
   *   such as dataDirs and compressionLevel
   */
  static async start({ node, database, ...options }) {
    const host = new HostProcess();
    const nativeBinding = database.type === 'better-sqlite3' ? await node.sqlite() : undefined;
    const setup = { dataDirs: {}, compressionLevel: 3, ...options, database: { ...database, nativeBinding } };
    const env = { ...process.env, HOST_SETUP: JSON.stringify(setup) };
    host.child = fork(new URL('host.mjs', import.meta.url), { env, execPath: node.path });
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
   * @returns seconds, CPU seconds of the whole process (cpu), the share of the time that the garbage collector held its
   *   main thread (gc), event-loop delay in ms (p99, longest), memory over the moment before in MB
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
