import type { Type } from '@nestjs/common';
import type { DataSource, DataSourceOptions } from 'typeorm';
import type { ArchiveLimits } from '../archive/archive-limits.js';
import type { KeyService } from '../crypto/age/recipient.js';
import type { Recipients } from '../crypto/age/recipients.js';
import type { SigningKey } from '../crypto/signature/signing-key.js';
import type { TrustedSigners } from '../crypto/signature/trusted-signers.js';
import type { DataDirectory } from '../files/data-directory.js';
import type { BackupHooks } from './hooks.js';
import type { Destinations } from './resolve-destinations.js';
import type { RetentionPolicy } from './retention-policy.js';
import type { TransformRow } from './transform-row.js';
import type { ResolvedUploads } from './uploads.js';
import type { ResolvedWrongKeys } from './wrong-keys.js';

/** The options as the rest of the library sees them: complete, validated, without the key itself. */
export interface ResolvedBackupOptions {
  /** SHA-256 of the backup key, null when there is none. */
  readonly backupKeyDigest: Buffer | null;
  readonly dataDirs: readonly DataDirectory[];
  readonly destinations: Destinations;
  /** Null without one. */
  readonly retention: RetentionPolicy | null;
  /** Null without one. */
  readonly encryptionKey: (() => Promise<Buffer>) | null;
  /** The option is present but empty, so the function rejects; only in a command, since an application does not start. */
  readonly isKeyMissing: boolean;
  /** Null without any. Checked at the start, or in a command when it is called. */
  readonly recipients: (() => Promise<Recipients>) | null;
  /** Those among the recipients. */
  readonly keyServices: readonly KeyService[];
  /** Null without one; the first one seals. */
  readonly retentionKey: (() => Promise<Buffer[]>) | null;
  /** Null without one. */
  readonly signingKey: (() => Promise<SigningKey>) | null;
  /** Null without any; throws when the option is present but empty, which only a command gets to. */
  readonly trustedSigners: (() => TrustedSigners) | null;
  readonly appVersion: string;
  readonly enabled: () => Promise<boolean>;
  readonly isSystemUser: (user: unknown, request: unknown) => Promise<boolean>;
  /** Null when the user has no name. */
  readonly identifyUser: (user: unknown, request: unknown) => Promise<string | null>;
  readonly wrongKeys: ResolvedWrongKeys;
  readonly uploads: ResolvedUploads;
  readonly hooks: BackupHooks;
  readonly transformRow: TransformRow | undefined;
  readonly excludeEntities: ReadonlyArray<Function | string>;
  readonly unmappedTables: 'warn' | 'include';
  readonly dataSource: string | DataSourceOptions | Type<DataSource>;
  readonly compression: 'deflate' | 'zstd';
  readonly compressionLevel: number;
  /** Null without one. */
  readonly healthCheck: (() => Promise<boolean>) | null;
  /** Null: the destination restored from. */
  readonly restorePointDestination: string | null;
  /** In milliseconds. */
  readonly idleTimeout: number;
  /** In milliseconds. */
  readonly remoteTimeout: number;
  /** Those that the application has set. */
  readonly archiveLimits: Partial<ArchiveLimits>;
}

/** Injection token of the `ResolvedBackupOptions`. */
export const BACKUP_OPTIONS = Symbol('nestjs-backup:options');
