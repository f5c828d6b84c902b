import { UnfitError } from '../../../values/neutral.js';
import { endOfQuoted } from '../../../values/quoted.js';

/** SQLite's own limit. */
const DEEPEST = 1000;
const [NULL, TRUE, FALSE, INT, FLOAT, TEXT, TEXTJ, TEXTRAW, ARRAY, OBJECT] = [0, 1, 2, 3, 5, 7, 8, 10, 11, 12] as const;
const LITERALS: Readonly<Record<number, string>> = { [NULL]: 'null', [TRUE]: 'true', [FALSE]: 'false' };
const TOKEN = /\s*([[\]{},:]|[^\s"[\]{},:]+|(?="))/y;

/**
 * The text of JSON in SQLite's binary form.
 * @see https://sqlite.org/jsonb.html
 * @throws UnfitError for what SQLite has not converted from JSON (numbers and strings of JSON5, for example)
 */
export function readJsonb(bytes: Buffer, depth = 0): string {
  const { type, start, end } = header(bytes, 0);
  if (end !== bytes.length || depth > DEEPEST) throw new UnfitError('are not JSON of SQLite');
  const content = bytes.subarray(start, end);
  if (type in LITERALS) return LITERALS[type]!;
  if (type === INT || type === FLOAT) return content.toString('latin1');
  if (type === TEXT || type === TEXTJ) return `"${content.toString('utf8')}"`;
  if (type === TEXTRAW) return JSON.stringify(content.toString('utf8'));
  if (type !== ARRAY && type !== OBJECT) throw new UnfitError('are JSON5, not the JSON of SQLite');
  const parts: string[] = [];
  for (let at = 0; at < content.length; ) {
    const { end: next } = header(content, at);
    parts.push(readJsonb(content.subarray(at, next), depth + 1));
    at = next;
  }
  if (type === ARRAY) return `[${parts.join(',')}]`;
  return `{${parts.map((part, index) => (index % 2 === 0 ? `${index > 0 ? ',' : ''}${part}:` : part)).join('')}}`;
}

/** The opposite direction, in the form that SQLite writes. @param json valid */
export function writeJsonb(json: string): Buffer {
  const open: Array<{ type: number; parts: Buffer[] }> = [{ type: NULL, parts: [] }];
  const { length } = json.trimEnd();
  for (let at = 0; at < length; ) {
    TOKEN.lastIndex = at;
    const [whole, token] = TOKEN.exec(json)!;
    at += whole.length;
    if (token === '[' || token === '{') open.push({ type: token === '[' ? ARRAY : OBJECT, parts: [] });
    if (open.length > DEEPEST) throw new UnfitError('are JSON that is nested deeper than the target takes');
    let part: Buffer | undefined;
    if (token === '') {
      const end = endOfQuoted(json, at);
      const text = json.slice(at + 1, end - 1);
      part = element(text.includes('\\') ? TEXTJ : TEXT, Buffer.from(text));
      at = end;
    } else if (token === ']' || token === '}') {
      const { type, parts } = open.pop()!;
      part = element(type, Buffer.concat(parts));
    } else if (!/[[{,:]/.test(token!)) {
      part = scalar(token!);
    }
    if (part) open.at(-1)!.parts.push(part);
  }
  return open[0]!.parts[0]!;
}

function scalar(token: string): Buffer {
  const literal = [NULL, TRUE, FALSE].find((type) => LITERALS[type] === token);
  if (literal !== undefined) return element(literal, Buffer.alloc(0));
  return element(/^-?\d+$/.test(token) ? INT : FLOAT, Buffer.from(token));
}

function element(type: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 12) return Buffer.concat([Buffer.from([(length << 4) | type]), content]);
  const [code, bytes] = length < 2 ** 8 ? [12, 1] : length < 2 ** 16 ? [13, 2] : [14, 4];
  const head = Buffer.alloc(1 + bytes, (code << 4) | type);
  head.writeUIntBE(length, 1, bytes);
  return Buffer.concat([head, content]);
}

function header(bytes: Buffer, at: number): { type: number; start: number; end: number } {
  const first = bytes[at] ?? 0xff;
  const code = first >> 4;
  const width = code < 12 ? 0 : 2 ** (code - 12);
  const start = at + 1 + width;
  const known = width < 8 && start <= bytes.length;
  const end = known ? start + (width === 0 ? code : bytes.readUIntBE(at + 1, width)) : Number.POSITIVE_INFINITY;
  if (end > bytes.length) throw new UnfitError('are not JSON of SQLite');
  return { type: first & 15, start, end };
}
