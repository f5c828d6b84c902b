/** A migration tried to end or begin the transaction that it runs in. */
export class TransactionControlError extends Error {
  constructor() {
    super('it begins or ends a transaction by itself');
  }
}

/**
 * In one pass, since a quote may be inside a comment and a comment's sign inside a string. Dollar quotes contain bodies
 * of functions, whose BEGIN and END do not belong to a transaction.
 */
const NO_KEYWORDS = /--[^\n]*|\/\*[\s\S]*?\*\/|(\$\w*\$)[\s\S]*?\1|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`/g;
const FIRST = /^\s*(?:BEGIN|START\s+TRANSACTION|COMMIT|END|ABORT|ROLLBACK(?!(?:\s+(?:WORK|TRANSACTION))?\s+TO\b))\b/i;
const LATER = /;\s*(?:COMMIT|ABORT|ROLLBACK(?!(?:\s+(?:WORK|TRANSACTION))?\s+TO\b))\b/i;

/** @throws TransactionControlError for a statement that would affect the transaction itself; savepoints do not */
export function refuseTransactionControl(sql: string): void {
  const plain = sql.replaceAll(NO_KEYWORDS, (found) => (/^[-/]/.test(found) ? ' ' : "''"));
  if (FIRST.test(plain) || LATER.test(plain)) throw new TransactionControlError();
}
