/** A migration tried to end, or to begin, the transaction that it is run in. */
export class TransactionControl extends Error {
  constructor() {
    super('it begins or ends a transaction by itself');
  }
}

const COMMENT = /--[^\n]*|\/\*[\s\S]*?\*\//g;
/** Bodies of functions, whose BEGIN and END are no transaction's, and texts. */
const QUOTED = /(\$\w*\$)[\s\S]*?\1|'(?:[^']|'')*'|"(?:[^"]|"")*"/g;
const FIRST = /^\s*(?:BEGIN|START\s+TRANSACTION|COMMIT|END|ABORT|ROLLBACK(?!(?:\s+(?:WORK|TRANSACTION))?\s+TO\b))\b/i;
const LATER = /;\s*(?:COMMIT|ABORT|ROLLBACK(?!(?:\s+(?:WORK|TRANSACTION))?\s+TO\b))\b/i;

/** @throws TransactionControl for a statement that would reach beyond the transaction; savepoints stay within it */
export function refuseTransactionControl(sql: string): void {
  const plain = sql.replaceAll(COMMENT, ' ').replaceAll(QUOTED, "''");
  if (FIRST.test(plain) || LATER.test(plain)) throw new TransactionControl();
}
