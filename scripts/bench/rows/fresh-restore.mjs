import { HostProcess } from '../host-process.mjs';

/** Restores an archive into a database that was just made and is dropped afterwards. @returns seconds */
export async function ourRestore(server, parameters) {
  const database = await server.create(0);
  try {
    return await HostProcess.with({ database }, async (host) => (await host.run('restore', parameters)).seconds);
  } finally {
    await server.drop(database);
  }
}

/** The same by a native tool, which makes the tables itself. @param run works on the empty database, returns seconds */
export async function theirRestore(server, run) {
  const database = await server.create();
  try {
    return await run(database);
  } finally {
    await server.drop(database);
  }
}
