import type { DataSource } from 'typeorm';

/** The method with which TypeORM's MysqlDriver builds the options of its own pool; async in some versions. */
interface MysqlDriver {
  createConnectionOptions(options: object, credentials: object): object | Promise<object>;
}

/** What says where the server is and how to get in. All else (pool limits, value conversion) is the host's own taste. */
const KEPT: ReadonlySet<string> = new Set(
  (
    'uri host port socketPath localAddress user password password1 password2 password3 passwordSha1 database ssl ' +
    'insecureAuth authPlugins authSwitchHandler enableCleartextPlugin connectTimeout connectAttributes compress flags ' +
    'stream disableEval'
  ).split(' '),
);
const KEEP_ALIVE_MS = 30_000;

/** mysql2's options for a connection like those of the host's pool; of a replication, to its master. */
export async function connectionOptions({ driver, options }: DataSource): Promise<object> {
  const { replication } = options as { replication?: { master: object } };
  const mysqlDriver = driver as unknown as MysqlDriver;
  const poolOptions = await mysqlDriver.createConnectionOptions(options, replication?.master ?? options);
  const kept = Object.entries(poolOptions).filter(([name, value]) => KEPT.has(name) && value !== undefined);
  return {
    ...Object.fromEntries(kept),
    charset: 'utf8mb4',
    enableKeepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  };
}
