import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

const TO_PACKAGE = '../../package.json';

/** The version in the package.json above the program that was started. @param program a path; may be a link */
export function ownVersion(program: string): string {
  try {
    const { version } = JSON.parse(readFileSync(join(dirname(realpathSync(program)), TO_PACKAGE), 'utf8')) as {
      version?: unknown;
    };
    return String(version);
  } catch {
    return 'unknown';
  }
}
