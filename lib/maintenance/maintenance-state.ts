/** Why the application serves nobody. */
export interface MaintenanceState {
  readonly since: string;
  /** The restore that caused it. */
  readonly restore: string;
}
