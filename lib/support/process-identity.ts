import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';

/** `<where>-<process id>-<start>`: a digest of the boot id and the PID namespace, then two numbers in base 36. */
const IDENTITY = /^([0-9a-f]{10})-([0-9a-z]+)-([0-9a-z]+)$/;
/** Index among the fields of /proc/<pid>/stat after the name, which may contain spaces and parentheses; the 22nd of all. */
const START_FIELD = 19;

/** Identifies this process uniquely for all time; undefined if the system does not provide enough for that. */
export const PROCESS_IDENTITY: string | undefined = identify();

/**
 * Whether a process is known to have ended. A process on another machine, or in a container that is not visible from here,
 * never is: that it cannot be seen is no evidence.
 */
export function isOver(identity: string): boolean {
  const [, where, pid, start] = IDENTITY.exec(identity) ?? [];
  if (where === undefined || where !== PROCESS_IDENTITY?.slice(0, where.length)) return false;
  const number = Number.parseInt(pid!, 36);
  try {
    process.kill(number, 0);
  } catch (error) {
    // Any other error means that the process exists and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  const now = startOf(number);
  return now !== undefined && now !== start;
}

function identify(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    const place = createHash('sha256').update(boot).update(readlinkSync('/proc/self/ns/pid')).digest('hex');
    const start = startOf(process.pid);
    return start && `${place.slice(0, 10)}-${process.pid.toString(36)}-${start}`;
  } catch {
    return undefined;
  }
}

/** In ticks since boot: process ids are reused, but with a different start. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_FIELD]).toString(36);
  } catch {
    return undefined;
  }
}
