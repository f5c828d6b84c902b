/** A migration tried to end, or to begin, the transaction that it is run in. */
export class TransactionControlError extends Error {
  constructor() {
    super('it begins or ends a transaction by itself');
  }
}

/**
 * In one pass, since a quote may stand in a comment and a comment's sign in a text. Between dollars are bodies of functions,
 * whose BEGIN and END do not belong to a transaction.
 */
const NO_KEYWORDS = /--[^\n]*|\/\*[\s\S]*?\*\/|(\$\w*\$)[\s\S]*?\1|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`/g;
const FIRST = /^\s*(?:BEGIN|START\s+TRANSACTION|COMMIT|END|ABORT|ROLLBACK(?!(?:\s+(?:WORK|TRANSACTION))?\s+TO\b))\b/i;
const LATER = /;\s*(?:COMMIT|ABORT|ROLLBACK(?!(?:\s+(?:WORK|TRANSACTION))?\s+TO\b))\b/i;

/** @throws TransactionControlError for a statement that would reach beyond the transaction; savepoints stay within it */
export function refuseTransactionControl(sql: string): void {
  const plain = sql.replaceAll(NO_KEYWORDS, (found) => (/^[-/]/.test(found) ? ' ' : "''"));
  if (FIRST.test(plain) || LATER.test(plain)) throw new TransactionControlError();
}
