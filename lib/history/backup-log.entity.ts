import { Column, Entity, Index, PrimaryColumn, type ValueTransformer } from 'typeorm';
import { ExcludeFromBackup } from '../database/mapped-tables.js';

/** UTC, ISO 8601: the same text in every database, and it sorts by time. */
const time: ValueTransformer = {
  to: (value?: Date | null) => value?.toISOString() ?? null,
  from: (value: string | null) => (value === null ? null : new Date(value)),
};

/** Drivers return 64-bit integers as text. */
const count: ValueTransformer = { to: (value: unknown) => value, from: Number };

/** Drivers return booleans as numbers. */
const flag: ValueTransformer = { to: (value: unknown) => value, from: Boolean };

const COUNT = { type: 'bigint', default: 0, transformer: count } as const;
const TIME = { type: 'varchar', length: 24, transformer: time } as const;

/** One backup, restore, verification or pruning, running or ended. */
@ExcludeFromBackup()
@Entity({ name: 'nestjs_backup_log' })
@Index(['started'])
export class BackupLog {
  /** Id of the run; for a backup, the backup's id. */
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'varchar', length: 16 })
  kind!: 'backup' | 'restore' | 'verify' | 'prune';

  /** `incomplete`: the backup lacks a file that should be in it. */
  @Column({ type: 'varchar', length: 16 })
  state!: 'running' | 'success' | 'incomplete' | 'failed';

  @Column({ type: 'varchar', length: 8 })
  via!: 'http' | 'cli' | 'schedule' | 'code';

  /** What the option `identifyUser` returned. */
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

  /** Uncompressed: rows' lines and files for a backup, else files; for a pruning, the size of the deleted archives. */
  @Column(COUNT)
  bytes!: number;

  /** The backup that was made, restored or verified. */
  @Column({ type: 'varchar', length: 36, nullable: true })
  backup!: string | null;

  /** For a verification: whether it was a restore test. */
  @Column({ name: 'restore_test', type: 'boolean', default: false, transformer: flag })
  restoreTest!: boolean;

  /** Names of destinations; failed ones are marked. */
  @Column({ type: 'text', nullable: true })
  destination!: string | null;

  /** Code and message of a failure; never contains keys or row values. */
  @Column({ type: 'text', nullable: true })
  error!: string | null;
}
