import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HostNest } from '../host/host-nest.js';
import { resolveProvider } from '../host/resolve-provider.js';
import { type Place, StatusService, uncountedTest } from '../status/status.service.js';
import { HEALTH_LIMITS, type HealthLimits } from './health-options.js';

const DAY_S = 86_400;

/** What `HealthCheckService.check` of @nestjs/terminus takes, by the indicator's key. */
export interface BackupHealth {
  readonly status: 'up' | 'down';
  /** UTC, ISO 8601; null when nothing is known of one. */
  readonly lastBackup: string | null;
  readonly lastBackupAgeSeconds: number | null;
  readonly lastRestoreTest: string | null;
  readonly lastRestoreTestAgeSeconds: number | null;
  /** Names of destinations that do not tell what they hold; absent without any. */
  readonly unreadableDestinations?: readonly string[];
  /** What is wrong, in sentences; absent when all is well. */
  readonly message?: string;
  /** What needs attention, in sentences, although the status is not `down` because of it; absent without anything. */
  readonly warning?: string;
}

/** For `HealthCheckService.check` of @nestjs/terminus: `() => indicator.isHealthy('backup')`. */
@Injectable()
export class BackupHealthIndicator implements OnModuleInit {
  private status!: StatusService;

  /** @internal */
  constructor(
    @Inject(HEALTH_LIMITS) private readonly limits: HealthLimits,
    private readonly host: HostNest,
  ) {}

  /** @throws BackupError `INVALID_OPTIONS`: the host refuses to start */
  onModuleInit(): void {
    this.status = resolveProvider(this.host, StatusService, 'health');
  }

  /**
   * `up` while the last good backup, and where that is asked for the last restore test, are young enough. Never throws:
   * what cannot be read is not known.
   */
  async isHealthy<Key extends string>(key: Key): Promise<Record<Key, BackupHealth>> {
    const [backup, lastRestoreTest, places] = await Promise.all([
      this.status.lastBackup(),
      this.status.lastRestoreTest(),
      this.status.places(),
    ]);
    const { backupDays, restoreTestDays } = this.limits;
    const now = Date.now();
    const problems = [
      problemOf('good backup', backup?.finished, backupDays, now),
      problemOf('restore test', lastRestoreTest, restoreTestDays, now),
    ].filter((problem) => problem !== undefined);
    const unreadable = places.filter(({ isReadable }) => !isReadable).map(({ destination }) => destination);
    const warnings = places.flatMap(warningsOf);
    const health: BackupHealth = {
      status: problems.length === 0 ? 'up' : 'down',
      lastBackup: backup?.finished.toISOString() ?? null,
      lastBackupAgeSeconds: ageOf(backup?.finished, now),
      lastRestoreTest: lastRestoreTest?.toISOString() ?? null,
      lastRestoreTestAgeSeconds: ageOf(lastRestoreTest, now),
      ...(unreadable.length > 0 && { unreadableDestinations: unreadable }),
      ...(problems.length > 0 && { message: problems.join(' ') }),
      ...(warnings.length > 0 && { warning: warnings.join(' ') }),
    };
    return { [key]: health } as Record<Key, BackupHealth>;
  }
}

function warningsOf(place: Place): string[] {
  const { destination, isKeyConfigured } = place;
  const otherKeys = `The last good backup in "${destination}" was made for none of the keys that are configured. Make a new one, and keep the older key until then.`;
  const doubted = `A restore test in "${destination}" does not count, because nothing trusted vouches for it. Where it is made, the application needs the same retentionKey and a database of the same name, and with trustedSigners a signingKey whose public key is one of them here.`;
  return [...(isKeyConfigured === false ? [otherKeys] : []), ...(uncountedTest(place) ? [doubted] : [])];
}

function ageOf(at: Date | undefined, now: number): number | null {
  return at ? Math.max(0, Math.round((now - at.getTime()) / 1000)) : null;
}

function problemOf(what: string, at: Date | undefined, days: number | undefined, now: number): string | undefined {
  if (days === undefined) return undefined;
  const age = ageOf(at, now);
  if (age === null) return `No ${what} is known.`;
  return age > days * DAY_S
    ? `The last ${what} is ${Math.floor(age / DAY_S)} days old, and ${days} are allowed.`
    : undefined;
}
