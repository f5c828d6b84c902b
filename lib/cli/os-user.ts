import { userInfo } from 'node:os';
import type { Initiator } from '../audit/audit-events.js';

/** Who runs the command: the user of the operating system, who may have no name in a container. */
export function osUser(): Initiator {
  return { via: 'cli', user: nameOfUser(), address: null };
}

function nameOfUser(): string | null {
  try {
    return userInfo().username;
  } catch {
    return process.getuid ? String(process.getuid()) : null;
  }
}
