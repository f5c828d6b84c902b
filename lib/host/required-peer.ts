import { missingPackage } from '../errors/usage-errors.js';

/**
 * Loads an optional peer that an entry cannot do without, before anything of that entry requires it.
 * @param load a function, so that a bundler sees the name
 * @throws BackupError `MISSING_PACKAGE`
 */
export function loadRequiredPeer(name: string, load: () => unknown): void {
  // In an ES module an import that finds nothing fails before any code runs, and names the package itself.
  if (typeof require !== 'function') return;
  try {
    load();
  } catch (cause) {
    throw isMissing(name, cause) ? missingPackage(name, cause) : cause;
  }
}

/** Whether the package itself is missing, and not something that it requires. */
function isMissing(name: string, error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return /^(ERR_)?MODULE_NOT_FOUND$/.test(code ?? '') && message.includes(`'${name}'`);
}
