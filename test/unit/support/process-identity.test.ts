import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { isOver, PROCESS_IDENTITY } from '../../../lib/support/process-identity.js';
import { itUnless } from '../../fixtures/unless.js';

const onLinux = itUnless(process.platform === 'linux' ? undefined : 'only Linux has /proc');

describe('Whether a process is over', () => {
  const [where, , start] = PROCESS_IDENTITY?.split('-') ?? [];
  const of = (pid: number, started: string) => `${where}-${pid.toString(36)}-${started}`;

  onLinux('is denied of this one, and of one that runs', async () => {
    expect(isOver(PROCESS_IDENTITY!)).toBe(false);
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const ticks = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' ')[21];
    const theirs = of(child.pid!, Number(ticks).toString(36));
    expect(isOver(theirs)).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isOver(theirs)).toBe(true);
  });

  onLinux('is known when its id was given to another one', () => {
    expect(isOver(of(process.pid, `${start}1`))).toBe(true);
  });

  it('is never said of one elsewhere, or of what names none', () => {
    expect(isOver('0123456789-zzzz-1')).toBe(false);
    for (const name of ['', 'x', '0123456789', '0123456789-1']) expect(isOver(name)).toBe(false);
  });
});
