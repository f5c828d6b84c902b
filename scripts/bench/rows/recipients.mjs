import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { postgres } from '../data/databases.mjs';
import { HostProcess } from '../host-process.mjs';
import { race } from '../race.mjs';

/** The same backup encrypted to recipients and by an AES key. */
export async function recipientRows({ sizes, folder, urls, aesKey, node, log }) {
  const server = postgres(urls.postgres);
  log('PostgreSQL: recipients');
  const recipients = [await identityToRecipient(await generateX25519Identity())];
  const database = await server.create(sizes.rows);
  const output = `${folder}/recipients.zip`;
  try {
    return await HostProcess.with({ node, database }, (host) =>
      race(
        'PostgreSQL backup, level 3, to recipients',
        sizes.rounds,
        () => host.run('backup', { output, recipients }),
        [{ name: 'the same by an AES key', needs: [], atMost: 1.1, run: () => host.run('backup', { output, aesKey }) }],
      ),
    );
  } finally {
    await server.drop(database);
  }
}
