import { Inject, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { HostNest } from '../host/host-nest.js';
import { RequestAudit } from '../http/request-audit.service.js';
import { OnlineRestore } from '../online/online-restore.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';
import { RESTORE_OVER_HTTP, type RestoreOverHttp } from '../options/restore-over-http.js';
import { RestoreService } from '../restore/restore.service.js';
import { UpcomingRuns } from '../scheduling/upcoming-runs.js';
import { StatusService } from '../status/status.service.js';
import { BackupStore } from '../store/backup-store.js';

/** What the routes of the page use of `BackupModule`, which does not load them unless the application wants the page. */
@Injectable()
export class BackupCore implements OnModuleInit {
  audit!: AuditService;
  /** Null where the page cannot restore. */
  onlineRestore!: OnlineRestore | null;
  options!: ResolvedBackupOptions;
  requests!: RequestAudit;
  restores!: RestoreService;
  status!: StatusService;
  store!: BackupStore;
  upcoming!: UpcomingRuns;

  constructor(@Inject(HostNest) private readonly host: HostNest) {}

  onModuleInit(): void {
    this.audit = this.get(AuditService);
    this.options = this.host.moduleRef.get(BACKUP_OPTIONS, { strict: false });
    this.requests = this.get(RequestAudit);
    this.restores = this.get(RestoreService);
    this.status = this.get(StatusService);
    this.store = this.get(BackupStore);
    this.upcoming = this.get(UpcomingRuns);
    const restores = this.host.moduleRef.get<RestoreOverHttp>(RESTORE_OVER_HTTP, { strict: false });
    this.onlineRestore = restores.isOn ? this.get(OnlineRestore) : null;
    this.audit.running.isShown = true;
  }

  get<Service>(service: Type<Service>): Service {
    return this.host.moduleRef.get(service, { strict: false });
  }
}
