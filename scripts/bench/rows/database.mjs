import { HostProcess } from '../host-process.mjs';
import { race } from '../race.mjs';

/**
 * Backup of a database, and restore into one that was just made, against native tools.
 * @param title what the table calls it
 * @param server makes and drops databases: `create(size)`, `create(0)` with empty tables, `create()` without any
 * @param size of the database, in the server's unit
 * @param options of the hosts, beside their database
 * @param peers of a database that is there: `{ backup, restore }`, peers of `race`, where `run` of those that restore gets
 *   an empty database
 * @param more lines about that database: gets what was measured, and returns some
 */
export async function databaseRows(context, { title, server, size, options, peers, more = async () => [] }) {
  const { sizes, folder, aesKey, node, log } = context;
  log(`${title}: backup`);
  const database = await server.create(size);
  const archive = `${folder}/database.zip.crypt`;
  const setup = { node, ...options };
  const { backup, restore } = peers(database);
  try {
    const backups = await HostProcess.with({ ...setup, database }, (host) =>
      race(
        `${title} backup, level 3, encrypted`,
        sizes.rounds,
        () => host.run('backup', { output: archive, aesKey }),
        backup,
      ),
    );
    log(`${title}: restore`);
    const into = (size, work) => inNewDatabase(server, size, work);
    const restores = await race(
      `${title} restore with keys and indexes`,
      sizes.rounds,
      () =>
        into(0, (empty) =>
          HostProcess.with({ ...setup, database: empty }, (host) => host.run('restore', { archive, aesKey })),
        ),
      restore.map((peer) => ({ ...peer, run: () => into(undefined, peer.run) })),
    );
    return [...backups, ...restores, ...(await more({ database, backups, restores }))];
  } finally {
    await server.drop(database);
  }
}

async function inNewDatabase(server, size, work) {
  const database = await server.create(size);
  try {
    return await work(database);
  } finally {
    await server.drop(database);
  }
}
