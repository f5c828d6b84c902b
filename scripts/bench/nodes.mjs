import { join } from 'node:path';
import { provideNode, provideSqlite } from '../nodes/provide-node.mjs';

/**
 * What the hosts run on.
 * @param lines major versions, such as 26; without any, the Node that runs this
 * @returns of each { version, line, path, own: whether it runs this, sqlite: what resolves to SQLite's native binding,
 *   undefined for the installed one }
 */
export async function findNodes(lines) {
  const { node: version } = process.versions;
  const running = { version, line: lineOf(version), path: process.execPath, own: true, sqlite: async () => undefined };
  if (!lines) return [running];
  const nodes = [];
  for (const line of lines) nodes.push(line === running.line ? running : await other(line));
  return nodes;
}

const lineOf = (version) => version.split('.')[0];

async function other(line) {
  const found = await provideNode(line);
  let build;
  return {
    version: found.version,
    line: lineOf(found.version),
    path: found.node,
    own: false,
    // Compiled when it is needed first, which takes minutes.
    sqlite: async () => join(await (build ??= provideSqlite(found, { fast: true })), 'Release/better_sqlite3.node'),
  };
}
