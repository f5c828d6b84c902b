import type { BackupModuleOptions } from '../../../../lib/options/backup-options.js';
import { resolveOptions } from '../../../../lib/options/resolve-options.js';

/** What an application in plain JavaScript, or with a wrong environment, may give. */
export const resolve = (given: Record<string, unknown>) => resolveOptions(given as BackupModuleOptions);
export const refusal = (option: string, remedy: string | RegExp) => ({
  code: 'INVALID_OPTIONS',
  message: expect.stringMatching(
    new RegExp(`option "${option}": .+\\. .*${typeof remedy === 'string' ? remedy : remedy.source}`),
  ),
});
export const errorOf = (given: Record<string, unknown>): Error => {
  try {
    resolve(given);
  } catch (error) {
    return error as Error;
  }
  throw new Error('It was accepted.');
};
