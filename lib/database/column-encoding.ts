/**
 * How the values of one column are written in `backup.jsonl`. The encoding belongs to the column, never to a single
 * value, and stands in the manifest. SQL NULL is always null.
 *
 * - `integer`: a JSON number (integers of up to 32 bits; SQLite: up to 2^53)
 * - `boolean`: true or false
 * - `text`: the server's own loss-free text, as a string
 * - `hex`, `base64`: bytes, as a string
 * - `index`: the number of an enum's label as a string of digits, where the empty label and the error value look alike
 * - `real`, `numeric`: SQLite's numbers as a string; in `numeric`, digits alone are an INTEGER, everything else a REAL
 *
 * In SQLite any column may hold any storage class. A value that is not of the class its column's encoding stands for is
 * written as an object with one key: `{"i":"<digits>"}`, `{"r":"<number>"}`, `{"b":"<base64>"}` or
 * `{"t":"<base64 of the text's bytes>"}` for INTEGER, REAL, BLOB and TEXT.
 */
export type ColumnEncoding = 'integer' | 'boolean' | 'text' | 'hex' | 'base64' | 'index' | 'real' | 'numeric';
