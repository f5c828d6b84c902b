import { chownSync, mkdtempSync, realpathSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Engine, TestDatabase } from '../fixtures/databases.js';
import { mount } from '../fixtures/mounts.js';

const FILLING = 'filling';

/** A filesystem in memory, which can be made as full as a test likes. */
export class SmallDisk {
  private constructor(readonly path: string) {}

  static at(path: string, bytes: number): SmallDisk {
    mount(path, '-t', 'tmpfs', 'tmpfs', '-o', `size=${bytes},mode=755`);
    return new SmallDisk(path);
  }

  static make(bytes: number, below = tmpdir()): SmallDisk {
    return SmallDisk.at(realpathSync(mkdtempSync(join(below, 'backup-disk-'))), bytes);
  }

  /** Fills it until no more than so many bytes are left. */
  leave(bytes: number): void {
    this.clear();
    const { bavail, bsize } = statfsSync(this.path);
    writeFileSync(join(this.path, FILLING), Buffer.alloc(Math.max(0, bavail * bsize - bytes)));
  }

  clear(): void {
    rmSync(join(this.path, FILLING), { force: true });
  }
}

/** How the table `bulk`, or all of the database, comes to lie on a disk of its own. */
interface Place {
  /** Before there are tables. */
  before(database: TestDatabase, bytes: number): Promise<SmallDisk>;
  /** When there are. */
  after(database: TestDatabase): Promise<unknown>;
  /** Before each round: what is free in its file is given back. */
  shrink(database: TestDatabase): Promise<unknown>;
  /** Before the database is dropped. */
  leave(database: TestDatabase): Promise<unknown>;
}

/** The server writes there as the user that owns its data. */
async function diskOfServer(
  database: TestDatabase,
  setting: string,
  bytes: number,
  below?: string,
): Promise<SmallDisk> {
  const [row] = await database.query(setting);
  const { uid, gid } = statSync(String(Object.values(row!)[0]));
  const disk = SmallDisk.make(bytes, below);
  chownSync(disk.path, uid, gid);
  return disk;
}

const tablespaceOf = async ({ query }: TestDatabase) =>
  `${String((await query('SELECT current_database() AS name'))[0]!.name)}_small`;

export const places: Readonly<Record<Engine['family'], Place>> = {
  postgres: {
    async before(database, bytes) {
      const disk = await diskOfServer(database, 'SHOW data_directory', bytes);
      await database.query(`CREATE TABLESPACE ${await tablespaceOf(database)} LOCATION '${disk.path}'`);
      return disk;
    },
    after: async (database) => database.query(`ALTER TABLE bulk SET TABLESPACE ${await tablespaceOf(database)}`),
    shrink: async () => {},
    async leave(database) {
      await database.query('ALTER TABLE bulk SET TABLESPACE pg_default');
      await database.query(`DROP TABLESPACE ${await tablespaceOf(database)}`);
    },
  },
  mysql: {
    async before(database, bytes) {
      // Oracle's server knows the places where tables may lie; MariaDB's has no such list.
      const [places] = await database.query(`SHOW VARIABLES LIKE 'innodb_directories'`);
      const below = (places?.Value as string | undefined)?.split(';')[0];
      const disk = await diskOfServer(database, 'SELECT @@datadir', bytes, below);
      await database.query(`CREATE TABLE bulk (id int NOT NULL AUTO_INCREMENT, noise varchar(16000) NOT NULL,
        PRIMARY KEY (id)) ENGINE = InnoDB DATA DIRECTORY = '${disk.path}'`);
      return disk;
    },
    after: async () => {},
    shrink: (database) => database.query('ALTER TABLE bulk FORCE'),
    leave: (database) => database.query('DROP TABLE bulk'),
  },
  sqlite: {
    before: async ({ options }, bytes) => SmallDisk.at(dirname((options as { database: string }).database), bytes),
    after: async () => {},
    shrink: async () => {},
    leave: async () => {},
  },
};
