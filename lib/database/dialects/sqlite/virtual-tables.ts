import { modelName, type TableLocation } from '../../table-location.js';
import { type SqlToken, sqlTokens } from './sql-words.js';

/** A table provided by a module of SQLite: a search index, a spatial one. */
export interface VirtualTable extends TableLocation {
  /** In lower case: `fts5`, `rtree`. */
  readonly module: string;
  /** For a search index that reads another table or view: its name. The index can be rebuilt from it. */
  readonly content: string | undefined;
}

const SEARCH_INDEXES = /^fts[345]$/;
/** They show what other tables contain, and contain nothing themselves. */
const SHOW_OTHERS: ReadonlySet<string> = new Set(['fts5vocab', 'fts4aux', 'dbstat', 'bytecode', 'sqlite_stmt']);

/**
 * @param sql its text as kept by SQLite: CREATE VIRTUAL TABLE and the rest as it was written
 * @param isTable whether a name is that of an ordinary table of the same database
 */
export function virtualTable(location: TableLocation, sql: string, isTable: (name: string) => boolean): VirtualTable {
  const tokens = sqlTokens(sql);
  const using = tokens.findIndex(({ kind, text }) => kind === 'word' && text === 'USING');
  const module = (tokens[using + 1]?.source ?? '').replace(/^["'`[]|["'`\]]$/g, '').toLowerCase();
  const content = SEARCH_INDEXES.test(module) ? contentOf(tokens.slice(using + 2)) : undefined;
  // Only FTS5 can be told which column of a view replaces the row id.
  const isReadable = content !== undefined && (module === 'fts5' || isTable(content));
  return { ...location, module, content: isReadable ? content : undefined };
}

/** What the backup says about it. */
export function virtualTableCaveat({ schema, name, module, content }: VirtualTable): string | undefined {
  if (SHOW_OTHERS.has(module)) return undefined;
  const table = `Virtual table "${modelName({ schema, name })}" (${module})`;
  return content === undefined
    ? `${table} is not saved: a restore leaves it as it is in the target. Fill it again afterwards.`
    : `${table} is not saved: a restore builds it anew from "${content}".`;
}

/** What a restore that did not rebuild it says about it. */
export function staleVirtualTable({ schema, name, module }: VirtualTable): string | undefined {
  if (SHOW_OTHERS.has(module)) return undefined;
  return `Virtual table "${modelName({ schema, name })}" (${module}) was left as it was: fill it again if it is made from restored rows.`;
}

/** The option `content`; with an empty value, such an index keeps no copy of its rows, and cannot be rebuilt. */
function contentOf(tokens: readonly SqlToken[]): string | undefined {
  const isKey = ({ text }: SqlToken, index: number) =>
    text.toUpperCase() === 'CONTENT' &&
    /^[(,]$/.test(tokens[index - 1]?.source ?? '') &&
    tokens[index + 1]?.source === '=';
  const value = tokens[tokens.findIndex(isKey) + 2];
  if (!tokens.some(isKey) || !value) return undefined;
  return (value.kind === 'word' ? value.source : value.text) || undefined;
}
