import { symlinkSync } from 'node:fs';
import { relative } from 'node:path';
import { resolveDataDirs } from '../../../lib/options/resolve-data-dirs.js';
import { plant, temporaryDirectory } from '../../fixtures/files.js';
import { MemoryStore } from '../../fixtures/memory-store.js';

const directory = temporaryDirectory();

const refusal = (name: string, problem: string | RegExp, remedy: string) => {
  const message = expect.stringMatching(
    new RegExp(`option "dataDirs.${name}": .*${new RegExp(problem).source}.*${remedy}`),
  );
  return expect.objectContaining({ code: 'INVALID_OPTIONS', message });
};

beforeEach(() => plant(directory.path, { 'images/a': 'x', 'files/b': 'y', 'images/inner': null, 'file.txt': 'z' }));

describe('Data directories', () => {
  it('are found at absolute and relative paths, and keep their order', () => {
    const given = { files: directory.at('files'), images: relative(process.cwd(), directory.at('images')) };
    expect(resolveDataDirs(given)).toEqual([
      { name: 'files', path: directory.at('files') },
      { name: 'images', path: directory.at('images') },
    ]);
  });

  it('keep the path they were given when it is a link, so that the link may be turned later', () => {
    symlinkSync(directory.at('images'), directory.at('current'));
    expect(resolveDataDirs({ images: directory.at('current') })).toEqual([
      { name: 'images', path: directory.at('current') },
    ]);
  });

  it.each([
    'uploads',
    'Uploads_2',
    'my files',
    'a.b-c',
    '_x',
    '2024',
    'Bilder für Ärzte',
    '画像',
    'é',
    'versions',
    'x'.repeat(200),
  ])('may be called %p', (name) => expect(resolveDataDirs({ [name]: directory.at('images') })).toHaveLength(1));

  it.each([
    ...[
      '',
      '.',
      '..',
      '../up',
      'a/b',
      'a\\b',
      '/abs',
      'C:',
      '.hidden',
      '-rf',
      ' lead',
      'trail ',
      'trail.',
      'tab\t',
      'nul\0',
    ],
    ...['line\n', 'a*', 'a?', '"', '<', 'CON', 'nul.txt', 'Lpt1', '\u202eevil', 'x'.repeat(201), 'ü'.repeat(101)],
  ])('may not be called %p', (name) => {
    expect(() => resolveDataDirs({ [name]: directory.at('images') })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTIONS', message: expect.stringMatching(/not safe.* Use letters/) }),
    );
  });

  it.each(['VERSION', 'version', 'migrations.json', 'backup.jsonl', 'Backup.JSONL', 'manifest.json'])(
    'may not be called %s like an entry of the archive',
    (name) => {
      expect(() => resolveDataDirs({ [name]: directory.at('images') })).toThrow(
        refusal(name, 'reserved', 'Choose another'),
      );
    },
  );

  it('may not have names that some filesystem takes for one', () => {
    const both = (one: string, other: string) => () =>
      resolveDataDirs({ [one]: directory.at('images'), [other]: directory.at('files') });
    expect(both('Files', 'files')).toThrow(refusal('files', 'only in case', 'Choose another'));
    expect(both('\u00fcber', 'u\u0308ber')).toThrow(refusal('u\u0308ber', 'Unicode normalization', 'Choose another'));
  });
});

describe('A data directory is refused', () => {
  it('when it is not there', () => {
    expect(() => resolveDataDirs({ images: directory.at('nowhere') })).toThrow(
      refusal('images', 'ENOENT', 'Create it'),
    );
  });

  it('when it is a link to nowhere', () => {
    symlinkSync(directory.at('nowhere'), directory.at('dangling'));
    expect(() => resolveDataDirs({ images: directory.at('dangling') })).toThrow(
      refusal('images', 'ENOENT', 'Create it'),
    );
  });

  it('when it is a file', () => {
    expect(() => resolveDataDirs({ images: directory.at('file.txt') })).toThrow(
      refusal('images', 'is not a directory', 'Set the directory'),
    );
  });

  it.each([undefined, null, 7, '', {}])('when its path is %p', (path) => {
    expect(() => resolveDataDirs({ images: path as string })).toThrow(
      refusal('images', 'not a string', 'Set the path of a directory'),
    );
  });

  it('when it stands there under two names', () => {
    const twice = { one: directory.at('images'), two: `${directory.at('files')}/../images/` };
    expect(() => resolveDataDirs(twice)).toThrow(refusal('two', 'same directory as "one"', 'once'));
  });

  it('when another name leads to it through a link', () => {
    symlinkSync(directory.at('images'), directory.at('link'));
    const twice = { one: directory.at('images'), two: directory.at('link') };
    expect(() => resolveDataDirs(twice)).toThrow(refusal('two', 'same directory as "one"', 'once'));
  });

  it('when it lies inside another, in either order, and through a link too', () => {
    symlinkSync(directory.at('images', 'inner'), directory.at('link'));
    const nested = { outer: directory.at('images'), inner: directory.at('images', 'inner') };
    const inside = ['inside the other', 'only the outer directory'] as const;
    expect(() => resolveDataDirs(nested)).toThrow(refusal('inner', ...inside));
    expect(() => resolveDataDirs({ inner: nested.inner, outer: nested.outer })).toThrow(refusal('outer', ...inside));
    expect(() => resolveDataDirs({ ...nested, inner: directory.at('link') })).toThrow(refusal('inner', ...inside));
  });

  it('but not when its path only begins like the other one', () => {
    plant(directory.path, { 'images2/a': 'x', 'images/..odd/b': 'y' });
    const given = { one: directory.at('images'), two: directory.at('images2') };
    expect(resolveDataDirs(given)).toHaveLength(2);
    expect(() => resolveDataDirs({ one: directory.at('images'), two: directory.at('images', '..odd') })).toThrow(
      refusal('two', 'inside the other', 'only the outer directory'),
    );
  });
});

describe('A store as a data directory', () => {
  it('is taken beside local ones, and checked once', () => {
    let checked = '';
    const store = Object.assign(new MemoryStore(), { check: (option: string) => (checked += option) });
    expect(resolveDataDirs({ images: directory.at('images'), pictures: store })).toEqual([
      { name: 'images', path: directory.at('images') },
      { name: 'pictures', store },
    ]);
    expect(checked).toBe('dataDirs.pictures');
  });

  it('is refused when it lies in another, is there twice, or lacks a method', () => {
    const both = (one: string, other: string) => () =>
      resolveDataDirs({ one: new MemoryStore(one), two: new MemoryStore(other) });
    expect(both('s3://b/', 's3://b/pictures/')).toThrow(refusal('two', 'inside the other', 'only the outer directory'));
    expect(both('s3://b/pictures/', 's3://b/')).toThrow(refusal('two', 'inside the other', 'only the outer directory'));
    expect(both('s3://b/', 's3://b/')).toThrow(refusal('two', 'same directory as "one"', 'once'));
    expect(both('s3://b/one/', 's3://b/two/')).not.toThrow();
    expect(() => resolveDataDirs({ one: Object.assign(new MemoryStore(), { copy: undefined }) as never })).toThrow(
      refusal('one', 'no method copy', 'Set the path of a directory'),
    );
    expect(() => resolveDataDirs({ one: new MemoryStore('') })).toThrow(
      refusal('one', 'no location', 'Give it a location'),
    );
    expect(() => resolveDataDirs({ Pictures: new MemoryStore(), pictures: directory.at('images') })).toThrow(
      refusal('pictures', 'only in case', 'Choose another'),
    );
  });
});
