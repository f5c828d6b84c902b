import { setApplicationFolder } from '../../support/application-folder.js';
import { storedReference } from '../archive/archive-argument.js';
import type { Terminal } from '../output/terminal.js';
import { loadEnvFile } from './env-file.js';
import { findApplication } from './find-application.js';

export interface AppOptions {
  readonly app?: string;
  readonly envFile?: string;
  /** Of `verify`: a restore test beside the application. */
  readonly restore?: boolean;
}

/** Commands about an archive, which need an application only if one is named, or has the destination that is. */
const OF_ARCHIVES = ['verify', 'inspect', 'decrypt', 'rewrap', 'keygen', 'completion'];

/**
 * Runs before anything else of a command: finds its application, and loads that one's environment variables.
 * @param argument the archive of the command, if it has one
 * @returns the absolute path of the application's file, where the command needs one
 * @throws BackupError `WRONG_USAGE`
 */
export async function prepareApplication(
  terminal: Terminal,
  command: string,
  { app, envFile, restore }: AppOptions,
  argument: string,
): Promise<{ readonly app?: string }> {
  const needed = !OF_ARCHIVES.includes(command) || app !== undefined || restore || storedReference(argument);
  const application = needed && command !== 'decrypt' && command !== 'keygen' ? findApplication(app) : undefined;
  if (application) setApplicationFolder(application.folder);
  await loadEnvFile(envFile, application?.folder, (message) => terminal.message(message));
  return application ? { app: application.file } : {};
}
