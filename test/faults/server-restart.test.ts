import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSourceOptions } from 'typeorm';
import { fillBulk } from '../fixtures/bulk.js';
import { Host } from '../fixtures/host.js';
import { MariadbServer } from '../fixtures/mariadb-server.mjs';
import { PostgresServer } from '../fixtures/postgres-server.mjs';
import { OracleMysqlServer } from '../fixtures/sid-servers.mjs';
import { sampled } from '../fixtures/streams.js';
import { Tally } from '../fixtures/tally.js';
import { describeUnless, onlyInLongRuns } from '../fixtures/unless.js';
import { until } from '../fixtures/wait.js';
import { verify } from './verify.js';

const { TEST_LONG } = process.env;
const ROUNDS = TEST_LONG ? 20 : 2;
const STARTS_WITHIN_MS = 60_000;

const servers = [
  { type: 'postgres', Server: PostgresServer, missing: undefined, database: '' },
  {
    type: 'mariadb',
    Server: MariadbServer,
    missing: onlyInLongRuns ?? MariadbServer.missing,
    database: 'mysql',
  },
  {
    type: 'mysql',
    Server: OracleMysqlServer,
    missing: onlyInLongRuns ?? OracleMysqlServer.missing,
    database: 'mysql',
  },
] as const;

for (const { type, Server, missing, database } of servers) {
  describeUnless(missing, `A backup, when the ${type} server is stopped and started`, () => {
    const tally = new Tally(`Backups while ${type} was restarted`);
    let server: PostgresServer | MariadbServer | OracleMysqlServer;
    let host: Host;
    beforeAll(async () => {
      server = await Server.start();
      const options = { type, url: server.url + database } as DataSourceOptions;
      host = await Host.start('Express', { database: options, options: { compressionLevel: 0 } });
      await fillBulk(host.dataSource, 6);
    }, STARTS_WITHIN_MS);
    afterAll(async () => {
      await host.close();
      await server.stop();
    }, STARTS_WITHIN_MS);

    it(
      'ends whole or visibly broken, and the next one works',
      async () => {
        await sampled(ROUNDS, async (chance) => {
          const making = host.post().catch(() => undefined);
          await sleep(chance.between(0, 300));
          await server.pause();
          const answer = await making;
          tally.add(answer ? `answered ${answer.status}` : 'visibly broken');
          if (answer?.status === 200) await verify(answer.bytes);
          else if (answer) expect([500, 503]).toContain(answer.status);
          const refused = await host.post();
          expect(refused.status).toBe(503);
          await server.resume();
          await until('a backup works', async () => (await host.post()).status === 200, STARTS_WITHIN_MS);
        });
      },
      ROUNDS * STARTS_WITHIN_MS,
    );
  });
}
