import { archiveInvalid } from '../errors/archive-errors.js';
import { BackupError } from '../errors/backup-error.js';
import { hasPlainStructure } from '../jsonl/parser.js';
import { parseUtcTime } from '../support/utc-time.js';
import { displayName } from '../support/visible-text.js';

/** Reads the fields of a parsed JSON object; a field of another type is refused, naming its path. */
export class JsonFields {
  private constructor(
    private readonly fields: ReadonlyMap<string, unknown>,
    private readonly path: string,
  ) {}

  /** @param path what the object is, for messages */
  static of(value: unknown, path: string): JsonFields {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, 'an object');
    return new JsonFields(new Map(Object.entries(value)), path);
  }

  get names(): string[] {
    return [...this.fields.keys()];
  }

  has(name: string): boolean {
    return this.fields.has(name);
  }

  text(name: string): string {
    const value = this.fields.get(name);
    if (typeof value !== 'string') throw this.wrong(name, 'a text');
    return value;
  }

  matching(name: string, pattern: RegExp, what: string): string {
    const value = this.text(name);
    if (!pattern.test(value)) throw this.wrong(name, what);
    return value;
  }

  /** An existing moment in UTC, ISO 8601. */
  time(name: string): string {
    const value = this.text(name);
    if (!parseUtcTime(value)) throw this.wrong(name, 'a time in UTC');
    return value;
  }

  textOrNull(name: string): string | null {
    return this.fields.get(name) === null ? null : this.text(name);
  }

  boolean(name: string): boolean {
    const value = this.fields.get(name);
    if (typeof value !== 'boolean') throw this.wrong(name, 'true or false');
    return value;
  }

  /** A whole number, neither negative nor inexact. */
  count(name: string): number {
    const value = this.fields.get(name);
    if (!Number.isSafeInteger(value) || (value as number) < 0) throw this.wrong(name, 'a count');
    return value as number;
  }

  countOrNull(name: string): number | null {
    return this.fields.get(name) === null ? null : this.count(name);
  }

  fieldsOf(name: string): JsonFields {
    return JsonFields.of(this.fields.get(name), `${this.path}.${name}`);
  }

  texts(name: string): string[] {
    return this.list(name, (value, path) => {
      if (typeof value !== 'string') throw wrong(path, 'a text');
      return value;
    });
  }

  objects<Item>(name: string, read: (fields: JsonFields) => Item): Item[] {
    return this.list(name, (value, path) => read(JsonFields.of(value, path)));
  }

  wrong(name: string, expected: string): BackupError {
    return wrong(`${this.path}.${name}`, expected);
  }

  private list<Item>(name: string, read: (value: unknown, path: string) => Item): Item[] {
    const value = this.fields.get(name);
    if (!Array.isArray(value)) throw this.wrong(name, 'a list');
    return value.map((item, index) => read(item, `${this.path}.${name}[${index}]`));
  }
}

function wrong(path: string, expected: string): BackupError {
  return archiveInvalid(`${displayName(path)} is not ${expected}`);
}

/**
 * Parses one of the archive's own JSON texts. Whatever it contains, that takes no more than about ten times its size.
 * @throws BackupError `ARCHIVE_INVALID`, without the content
 */
export function parsePlainJson(text: string, name: string): unknown {
  const room = 1000 + Math.floor(text.length / 8);
  if (!hasPlainStructure(text, { depth: 16, containers: room, values: room })) {
    throw archiveInvalid(`${name} has more structure than any backup writes`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw archiveInvalid(`${name} is not valid JSON`);
  }
}
