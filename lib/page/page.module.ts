import { type DynamicModule, Module } from '@nestjs/common';
import { hostNestProvider } from '../host/host-nest.js';
import { MaintenanceGate } from '../maintenance/maintenance-gate.js';
import { SharedMaintenance } from '../maintenance/shared-maintenance.js';
import { OnlineRestore } from '../online/online-restore.js';
import { RESTORE_OVER_HTTP, type RestoreOverHttp } from '../options/restore-over-http.js';
import { ReplicaRecords } from '../replicas/replica-records.js';
import { BackupCore } from './backup-core.js';
import { Downloads } from './downloads.js';
import { EventStreams } from './event-streams.js';
import { PageStatus } from './page-status.js';
import { Answers } from './routes/answers.js';
import { createDownloadsController } from './routes/downloads.controller.js';
import { pageOpenApiProvider } from './routes/open-api.js';
import { createPageController } from './routes/page.controller.js';
import { PieceParser } from './routes/piece-parser.js';
import { createRestoresController } from './routes/restores.controller.js';
import { createRunsController } from './routes/runs.controller.js';
import { createStatusController } from './routes/status.controller.js';
import { createUploadsController } from './routes/uploads.controller.js';
import { SharedRuns } from './shared-runs.js';
import { StoredList } from './stored-list.js';
import { ExpiredUploads } from './uploads/expired-uploads.js';
import { FinishUploads } from './uploads/finish-uploads.js';
import { UploadStates } from './uploads/upload-states.js';
import { UploadStore } from './uploads/upload-store.js';
import { Uploads } from './uploads/uploads.service.js';

@Module({})
class BackupPageModule {}

/**
 * The page and its routes, which `BackupModule` imports only for `page: true`.
 * @param restoreOverHttp whether it can restore
 */
export function createPageModule(path: string, restoreOverHttp: RestoreOverHttp): DynamicModule {
  const controllers = [
    createPageController,
    createStatusController,
    createDownloadsController,
    createRunsController,
    createUploadsController,
    ...(restoreOverHttp.isOn ? [createRestoresController] : []),
  ].map((create) => create(path));
  return {
    module: BackupPageModule,
    controllers,
    providers: [
      hostNestProvider,
      pageOpenApiProvider(controllers),
      Answers,
      BackupCore,
      Downloads,
      EventStreams,
      ExpiredUploads,
      FinishUploads,
      PageStatus,
      PieceParser,
      ReplicaRecords,
      SharedRuns,
      StoredList,
      Uploads,
      UploadStates,
      UploadStore,
      { provide: RESTORE_OVER_HTTP, useValue: restoreOverHttp },
      ...(restoreOverHttp.isOn ? [MaintenanceGate, OnlineRestore, SharedMaintenance] : []),
    ],
  };
}
