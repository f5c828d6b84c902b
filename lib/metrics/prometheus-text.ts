/** One metric with all its label combinations. */
export interface Metric {
  /** Without the prefix `nestjs_backup_`. */
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly samples: ReadonlyArray<{ readonly labels?: Readonly<Record<string, string>>; readonly value: number }>;
}

export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** The text format of Prometheus, version 0.0.4; a metric without samples is left out. */
export function prometheusText(metrics: readonly Metric[]): string {
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ name, type, help, samples }) => [
      `# HELP nestjs_backup_${name} ${help}`,
      `# TYPE nestjs_backup_${name} ${type}`,
      ...samples.map(({ labels = {}, value }) => `nestjs_backup_${name}${shown(labels)} ${value}`),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

function shown(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
