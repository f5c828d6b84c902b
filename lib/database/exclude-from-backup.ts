import type { EntityMetadata } from 'typeorm';

const classes = new WeakSet<object>();

/** Marks an entity whose table describes this very database: it is not saved, and a restore leaves it as it is. */
export function ExcludeFromBackup(): ClassDecorator {
  return (target) => void classes.add(target);
}

export function isExcludedFromBackup({ target }: EntityMetadata): boolean {
  return typeof target === 'function' && classes.has(target);
}
