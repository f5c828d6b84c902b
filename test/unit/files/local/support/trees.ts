import { chmodSync, mkdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StagedDirectories } from '../../../../../lib/files/local/staged-directories.js';
import { picture } from '../../../../fixtures/picture.js';

/** A file's content and mode, or null with a mode for an empty directory. */
export type Tree = Record<string, { content: string | null; mode: number }>;

export const RESTORE_ID = '0a6ae6a4-2f1c-4a0e-9c3e-6f3f6a4c0001';

/** For those who play no database. */
export const forget = async (): Promise<void> => {};

const PIECE_BYTES = 1024;

export const MODIFIED = new Date('2021-02-03T04:05:06.000Z');

/** What a restore brings; some names are also in the old tree, of the same kind and of another. */
export function newTree(files = 0): Tree {
  const tree: Tree = {
    'both.txt': { content: 'new', mode: 0o640 },
    'only-new.txt': { content: 'n'.repeat(3000), mode: 0o600 },
    'folder/both.txt': { content: 'new in folder', mode: 0o644 },
    'folder/deep/er/x.bin': { content: 'x', mode: 0o755 },
    'file-before/now-in-folder': { content: 'y', mode: 0o644 },
    'folder-before': { content: 'now a file', mode: 0o644 },
    'link-before': { content: 'now a file', mode: 0o444 },
    'write-only.txt': { content: 'w', mode: 0o200 },
    empty: { content: null, mode: 0o750 },
    'with/an/empty': { content: null, mode: 0o700 },
    'Zürich ☃.txt': { content: '', mode: 0o644 },
  };
  for (let index = 0; index < files; index++) {
    tree[`many/${index % 7}/file-${index}`] = { content: `content ${index}`, mode: 0o644 };
    tree[`at-the-top-${index}`] = { content: `${index}`, mode: 0o644 };
  }
  return tree;
}

/** What an application has left: also a link, a name that is not UTF-8, folders that cannot be written to. */
export function plantOld(root: string, files = 0): void {
  const plant = (name: string, content: string, mode = 0o644) => {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode });
    utimesSync(path, MODIFIED, MODIFIED);
  };
  plant('both.txt', 'old');
  plant('only-old.txt', 'old');
  plant('folder/both.txt', 'old in folder');
  plant('folder/old/z.txt', 'z');
  plant('file-before', 'a file');
  plant('folder-before/x.txt', 'in a folder');
  plant('read-only/inside/x.txt', 'x', 0o400);
  chmodSync(join(root, 'read-only/inside'), 0o555);
  chmodSync(join(root, 'read-only'), 0o555);
  symlinkSync('/etc', join(root, 'link-before'));
  symlinkSync('nowhere', join(root, 'dangling'));
  mkdirSync(join(root, 'empty-before'));
  writeFileSync(notUtf8(root), 'not UTF-8');
  utimesSync(notUtf8(root), MODIFIED, MODIFIED);
  for (let index = 0; index < files; index++) {
    plant(`many/${index % 5}/file-${index}`, `old content ${index}`);
    plant(`old-at-the-top-${index}`, `${index}`);
  }
}

export async function stage(staged: StagedDirectories, name: string, tree: Tree): Promise<void> {
  for (const [relative, { content, mode }] of Object.entries(tree)) {
    const attributes = { mode, modified: MODIFIED };
    if (content === null) await staged.addDirectory(name, relative, attributes);
    else await staged.addFile(name, relative, small(content) ?? inPieces(content), attributes);
  }
}

/** As a restore has it of small files. */
function small(content: string): Buffer | undefined {
  return content.length <= PIECE_BYTES ? Buffer.from(content) : undefined;
}

async function* inPieces(content: string): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += PIECE_BYTES) yield Buffer.from(content.slice(at, at + PIECE_BYTES));
}

const notUtf8 = (root: string) => Buffer.concat([Buffer.from(root), Buffer.from([0x2f, 0x62, 0xff, 0xfe])]);

/**
 * The same picture after a restore over what `plantOld` has planted: what no backup saves stays, aside where something new
 * has its name.
 */
export function pictureOver(tree: Tree, emptyFolder: string, top: string): string {
  symlinkSync('nowhere', join(emptyFolder, 'dangling'));
  writeFileSync(notUtf8(emptyFolder), 'not UTF-8');
  utimesSync(notUtf8(emptyFolder), MODIFIED, MODIFIED);
  const kept = join(emptyFolder, `kept-by-restore-${RESTORE_ID}`);
  mkdirSync(kept);
  chmodSync(kept, statSync(top).mode & 0o2777);
  symlinkSync('/etc', join(kept, 'link-before'));
  return pictureOf(tree, emptyFolder);
}

/** The same picture of a tree that is restored into an empty directory, made without the library. */
export function pictureOf(tree: Tree, emptyFolder: string): string {
  for (const [name, { content, mode }] of Object.entries(tree)) {
    const path = join(emptyFolder, name);
    mkdirSync(content === null ? path : dirname(path), { recursive: true });
    if (content !== null) writeFileSync(path, content);
    chmodSync(path, mode);
    if (content !== null) utimesSync(path, MODIFIED, MODIFIED);
  }
  return picture(emptyFolder);
}
