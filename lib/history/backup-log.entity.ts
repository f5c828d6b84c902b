import { Column, Entity, Index, PrimaryColumn, type ValueTransformer } from 'typeorm';
import { ExcludeFromBackup } from '../database/exclude-from-backup.js';

/** UTC, ISO 8601: the same text in every database, and sorted by time. */
const time: ValueTransformer = {
  to: (value?: Date | null) => value?.toISOString() ?? null,
  from: (value: string | null) => (value === null ? null : new Date(value)),
};

/** Drivers give 64-bit integers as text. */
const count: ValueTransformer = { to: (value: unknown) => value, from: Number };

/** Drivers give booleans as numbers. */
const flag: ValueTransformer = { to: (value: unknown) => value, from: Boolean };

const COUNT = { type: 'bigint', default: 0, transformer: count } as const;
const TIME = { type: 'varchar', length: 24, transformer: time } as const;

/** One backup, restore, verification or pruning, as it ended, or while it runs. */
@ExcludeFromBackup()
@Entity({ name: 'nestjs_backup_log' })
@Index(['started'])
export class BackupLog {
  /** Of the run; of a backup its own. */
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'varchar', length: 16 })
  kind!: 'backup' | 'restore' | 'verify' | 'prune';

  /** `incomplete`: the backup lacks a file that should be in it. */
  @Column({ type: 'varchar', length: 16 })
  state!: 'running' | 'success' | 'incomplete' | 'failed';

  @Column({ type: 'varchar', length: 8 })
  via!: 'http' | 'cli' | 'schedule' | 'code';

  /** As the option `identifyUser` names them. */
  @Column({ type: 'varchar', length: 255, nullable: true })
  user!: string | null;

  @Column({ type: 'varchar', length: 64, nullable: true })
  address!: string | null;

  @Column(TIME)
  started!: Date;

  @Column({ ...TIME, nullable: true })
  finished!: Date | null;

  @Column(COUNT)
  rows!: number;

  @Column(COUNT)
  files!: number;

  /** Uncompressed: of a backup its rows' lines and files, else its files; of a pruning, what the deleted archives took. */
  @Column(COUNT)
  bytes!: number;

  /** The backup that was made, restored or verified. */
  @Column({ type: 'varchar', length: 36, nullable: true })
  backup!: string | null;

  /** Of a verification: whether the backup was restored beside the application. */
  @Column({ name: 'restore_test', type: 'boolean', default: false, transformer: flag })
  restoreTest!: boolean;

  /** Names of destinations; those that failed are marked. */
  @Column({ type: 'text', nullable: true })
  destination!: string | null;

  /** Code and message of a failure; never a key or a row. */
  @Column({ type: 'text', nullable: true })
  error!: string | null;
}
