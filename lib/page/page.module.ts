import { type DynamicModule, Module } from '@nestjs/common';
import { hostNestProvider } from '../host/host-nest.js';
import { ReplicaRecords } from '../replicas/replica-records.js';
import { Answers } from './answers.js';
import { BackupCore } from './backup-core.js';
import { createDownloadsController } from './downloads.controller.js';
import { Downloads } from './downloads.js';
import { EventStreams } from './event-streams.js';
import { pageOpenApiProvider } from './open-api.js';
import { createPageController } from './page.controller.js';
import { PageStatus } from './page-status.js';
import { createRunsController } from './runs.controller.js';
import { SharedRuns } from './shared-runs.js';
import { createStatusController } from './status.controller.js';
import { StoredList } from './stored-list.js';

@Module({})
class BackupPageModule {}

/** The page and its routes, which `BackupModule` imports only for `page: true`. */
export function createPageModule(path: string): DynamicModule {
  const controllers = [
    createPageController,
    createStatusController,
    createDownloadsController,
    createRunsController,
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
      PageStatus,
      ReplicaRecords,
      SharedRuns,
      StoredList,
    ],
  };
}
