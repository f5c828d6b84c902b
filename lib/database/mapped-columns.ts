import type { DataSource, EntityMetadata } from 'typeorm';
import { type Locates, savedEntities } from './mapped-tables.js';
import { locationKey, type TableLocation } from './table-location.js';

type ColumnMetadata = EntityMetadata['columns'][number];

/** What the application's entities say about a column. */
export interface MappedColumn {
  /** TypeORM's name of its type; of a class `boolean`, `varchar`, `integer`, `datetime` or `blob`. */
  readonly type: string;
  readonly labels: readonly string[] | undefined;
  /** Its values come from a counter. */
  readonly counted: boolean;
  /** May be omitted on insert. */
  readonly optional: boolean;
  /** The database itself writes the current time into it (`@CreateDateColumn` and the like). */
  readonly stamped: boolean;
}

/** A table of the application's entities. */
export interface MappedModel {
  readonly location: TableLocation;
  readonly entities: readonly string[];
  readonly columns: ReadonlyMap<string, MappedColumn>;
}

interface ModelDraft extends MappedModel {
  readonly entities: string[];
  readonly columns: Map<string, MappedColumn>;
}

/** The application's entities, by their tables. */
export function mapColumns(dataSource: DataSource, dialect: Locates): ReadonlyMap<string, MappedModel> {
  const models = new Map<string, ModelDraft>();
  for (const entity of savedEntities(dataSource)) {
    const location = dialect.locate(entity);
    const model: ModelDraft = models.get(locationKey(location)) ?? { location, entities: [], columns: new Map() };
    models.set(locationKey(location), model);
    model.entities.push(entity.name);
    for (const column of entity.columns) {
      // Several entities may map it, one of them perhaps only as a key.
      const known = model.columns.get(column.databaseName);
      if (!known || column.isGenerated) model.columns.set(column.databaseName, describe(column));
    }
  }
  return models;
}

function describe(column: ColumnMetadata): MappedColumn {
  const { isCreateDate, isUpdateDate, isDeleteDate } = column;
  return {
    type: typeName(column.type),
    labels: column.enum?.map(String),
    counted: column.isGenerated && column.generationStrategy !== 'uuid',
    optional: column.isNullable || column.default !== undefined || column.isGenerated,
    stamped: isCreateDate || isUpdateDate || isDeleteDate,
  };
}

const CLASSES = new Map<unknown, string>([
  [Boolean, 'boolean'],
  [String, 'varchar'],
  [Number, 'integer'],
  [Date, 'datetime'],
  [Buffer, 'blob'],
]);

function typeName(type: ColumnMetadata['type']): string {
  return CLASSES.get(type) ?? String(type).toLowerCase();
}
