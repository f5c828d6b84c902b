/** The stages of one host, which end at the first that fails. */
export class Stages {
  /** By name: 'ok' or 'FAILED', and seconds. */
  results = new Map();

  constructor(host) {
    this.host = host;
  }

  /** Says how a stage went; what it printed stands in the error of one that fails. @returns what `work` does */
  async run(name, work) {
    const since = performance.now();
    try {
      const value = await work();
      this.#end(name, 'ok', since);
      return value;
    } catch (error) {
      this.#end(name, 'FAILED', since);
      throw new StageFailed(`${this.host}, ${name}: ${error.message}`, { cause: error });
    }
  }

  #end(name, result, since) {
    const seconds = ((performance.now() - since) / 1_000).toFixed(1);
    this.results.set(name, { result, seconds });
    console.log(`  ${this.host.padEnd(18)} ${name.padEnd(28)} ${result.padEnd(7)} ${seconds} s`);
  }
}

/** Stands for a stage that has been reported. */
export class StageFailed extends Error {}
