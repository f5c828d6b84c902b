import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { BackupError } from '../errors/backup-error.js';
import { invalidOption } from '../errors/usage-errors.js';
import { HostNest } from '../host/host-nest.js';
import { fileOfClass, type NamedClass, otherCopy } from '../host/one-copy.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';
import { Database } from './database.js';

/** The application's database: found and checked at startup, then locked and read for each backup. */
@Injectable()
export class DatabaseService extends Database implements OnModuleInit {
  constructor(
    @Inject(BACKUP_OPTIONS) protected override readonly options: ResolvedBackupOptions,
    private readonly host: HostNest,
  ) {
    super(options);
  }

  /** @throws BackupError `UNSUPPORTED_DATABASE` or `INVALID_OPTIONS`: the application refuses to start */
  onModuleInit(): void {
    this.use(this.findDataSource());
  }

  private findDataSource(): DataSource {
    const { dataSource } = this.options;
    try {
      const found = this.host.moduleRef.get<DataSource>(getDataSourceToken(dataSource as string), { strict: false });
      refuseStranger(classesOf(found));
      return found;
    } catch (error) {
      if (error instanceof BackupError) throw error;
      refuseStranger(this.host.classes());
      const name = typeof dataSource === 'string' ? dataSource : ((dataSource as { name?: string }).name ?? 'default');
      throw invalidOption(
        'dataSource',
        `there is no TypeORM DataSource "${name}"`,
        'Import TypeOrmModule.forRoot in the root module, or name the DataSource that you have.',
      );
    }
  }
}

function* classesOf(instance: object): Generator<NamedClass> {
  for (let one = Object.getPrototypeOf(instance); one; one = Object.getPrototypeOf(one)) yield one.constructor;
}

/** @throws BackupError `DUPLICATE_PACKAGE` when the application's DataSource is of another copy of TypeORM */
function refuseStranger(classes: Iterable<NamedClass>): void {
  const named = [...classes].filter(
    ({ name, prototype }) => name === DataSource.name && 'createQueryRunner' in prototype,
  );
  if (named.length > 0 && !named.includes(DataSource)) throw otherCopy('typeorm', fileOfClass(named[0]!));
}
