// What the documentation's snippets use without importing or declaring it: names of packages, and the reader's own.

declare module '@nestjs/event-emitter' {
  export function OnEvent(event: string): MethodDecorator;
}
declare module '@nestjs/throttler' {
  export interface ThrottlerStorage {
    increment(...given: any[]): Promise<any>;
  }
  export const ThrottlerStorage: unique symbol;
}

declare const Module: typeof import('@nestjs/common').Module;
declare const APP_GUARD: typeof import('@nestjs/core').APP_GUARD;
declare const ConfigModule: typeof import('@nestjs/config').ConfigModule;
declare const ConfigService: typeof import('@nestjs/config').ConfigService;
type ConfigService = import('@nestjs/config').ConfigService;
declare const ConditionalModule: typeof import('@nestjs/config').ConditionalModule;
declare const JwtModule: typeof import('@nestjs/jwt').JwtModule;
declare const ThrottlerStorage: typeof import('@nestjs/throttler').ThrottlerStorage;
type ThrottlerStorage = import('@nestjs/throttler').ThrottlerStorage;
declare const pipeline: typeof import('node:stream/promises').pipeline;
declare const readFile: typeof import('node:fs/promises').readFile;
declare const createWriteStream: typeof import('node:fs').createWriteStream;
declare const createReadStream: typeof import('node:fs').createReadStream;
declare const TypeOrmModule: typeof import('@nestjs/typeorm').TypeOrmModule;
declare const BackupModule: typeof import('nestjs-backup').BackupModule;
declare const BackupError: typeof import('nestjs-backup').BackupError;

declare const JwtGuard: import('@nestjs/common').Type<import('@nestjs/common').CanActivate>;
declare const localDirectory: typeof import('nestjs-backup').localDirectory;
declare const vault: import('nestjs-backup').BackupDestination;
declare const backupStore: import('nestjs-backup').BackupStore;
declare const metricsService: import('nestjs-backup').MetricsService;
declare const backupService: import('nestjs-backup').BackupService;
declare const cryptoService: import('nestjs-backup').CryptoService;
declare const restoreService: import('nestjs-backup').RestoreService;
declare const kms: { sign(key: string, data: Uint8Array): Promise<Uint8Array> };
declare const license: readonly string[];
declare const aesKey: string;
declare const signal: AbortSignal;
declare const onProgress: () => void;
declare const pathOrReadable: string;
declare const replace: boolean;
declare const translate: boolean;
declare const ignoreMigrations: boolean;
declare const readBack: boolean;
declare const skipFiles: boolean;
declare const skipDatabase: boolean;
declare const dryRun: boolean;
