import { ageUnusable } from '../../errors/key-errors.js';

export type Age = typeof import('age-encryption', { with: { 'resolution-mode': 'import' }});

/**
 * The package that writes and reads the headers of age files. It consists of ES modules, which Node can require.
 * @throws BackupError `MISSING_PACKAGE` when it is not installed, or cannot be loaded here
 */
export async function loadAge(): Promise<Age> {
  try {
    return typeof require === 'function' ? require('age-encryption') : await import('age-encryption');
  } catch (cause) {
    throw ageUnusable(cause);
  }
}
