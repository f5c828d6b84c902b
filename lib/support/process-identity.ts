import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';

/** `<where>-<process id>-<start>`: digest of the boot and the namespace of process ids, then two numbers in base 36. */
const IDENTITY = /^([0-9a-f]{10})-([0-9a-z]+)-([0-9a-z]+)$/;
/** Fields of /proc/<pid>/stat behind the name, which may itself hold spaces and parentheses; this is the 22nd of all. */
const START_FIELD = 19;

/** Names this process among all that ever were; undefined where the system does not tell enough for that. */
export const PROCESS_IDENTITY: string | undefined = identify();

/**
 * Whether a process is known to have ended. One of another machine, or of a container that cannot be looked into, never
 * is: that it is not seen from here is no evidence.
 */
export function isOver(identity: string): boolean {
  const [, where, pid, start] = IDENTITY.exec(identity) ?? [];
  if (where === undefined || where !== PROCESS_IDENTITY?.slice(0, where.length)) return false;
  const number = Number.parseInt(pid!, 36);
  try {
    process.kill(number, 0);
  } catch (error) {
    // Any other answer is that of a process which is there and somebody else's.
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

/** In ticks since the boot: a process id is given again, with another start. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_FIELD]).toString(36);
  } catch {
    return undefined;
  }
}
