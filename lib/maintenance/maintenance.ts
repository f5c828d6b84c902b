import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { locked } from '../errors/lock-errors.js';
import type { MaintenanceState } from './maintenance-state.js';

/** Whether the application is in maintenance, for what stands still meanwhile. Set only where restores over HTTP are on. */
@Injectable()
export class Maintenance implements OnModuleDestroy {
  private readonly waiting: Array<() => void> = [];
  private current: MaintenanceState | null = null;
  private isClosing = false;

  /** Null when the application serves everybody. */
  get state(): MaintenanceState | null {
    return this.current;
  }

  set(state: MaintenanceState | null): void {
    this.current = state;
    if (!state) this.letGo();
  }

  /** For what begins by itself: it tries again later. @throws BackupError `LOCKED` during maintenance */
  refuse(): void {
    if (this.current) throw locked();
  }

  /** Resolves when it is over, or the application is closing. */
  async whenOver(): Promise<void> {
    if (!this.current || this.isClosing) return;
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  onModuleDestroy(): void {
    this.isClosing = true;
    this.letGo();
  }

  private letGo(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
