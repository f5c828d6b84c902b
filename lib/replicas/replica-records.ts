/** A small piece of JSON that every process of the application sees. */
export interface ReplicaRecord {
  readonly name: string;
  readonly value: unknown;
  /** When it was last written, by the clock of the process that wrote it. */
  readonly at: Date;
}
