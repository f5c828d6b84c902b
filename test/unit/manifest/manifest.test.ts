import { parseManifest, parseMigrations } from '../../../lib/manifest/manifest.js';
import { MIGRATIONS, manifestOf, users } from '../restore/support/made-archive.js';

const { table } = users(3);
const whole = manifestOf({ tables: [table], files: { uploads: { count: 1, bytes: 2 } }, warnings: ['careful'] });

const refused = (text: string, problem: string) => {
  expect(() => parseManifest(text)).toThrow(
    expect.objectContaining({ code: 'ARCHIVE_INVALID', message: expect.stringContaining(problem) }),
  );
};

/** The manifest with one value, at a path, replaced. */
function changed(path: string, value: unknown): string {
  const copy = JSON.parse(JSON.stringify(whole)) as Record<string, any>;
  const names = path.split('.');
  const last = names.pop()!;
  const target = names.reduce((object, name) => object[name], copy);
  if (value === undefined) delete target[last];
  else target[last] = value;
  return JSON.stringify(copy);
}

describe('A manifest', () => {
  it('is read as it was written', () => {
    expect(parseManifest(`${JSON.stringify(whole, null, 2)}\n`)).toEqual(whole);
    expect(parseManifest(JSON.stringify(manifestOf()))).toEqual(manifestOf());
  });

  it('of another format is refused by its name', () => {
    refused(changed('format', 'nestjs-backup/2'), 'its format is "nestjs-backup/2"');
    refused(changed('format', undefined), '"manifest.format" is not a text');
  });

  it.each<[path: string, values: unknown[]]>([
    ['id', [undefined, 7, null]],
    ['createdAt', ['yesterday', '2026-13-40T00:00:00Z', 7]],
    ['finishedAt', [undefined]],
    ['appVersion', [null]],
    ['database', [null, [], 'postgres']],
    ['database.type', [7]],
    ['database.version', [undefined]],
    ['tables', [null, {}, [null], [table, table]]],
    ['tables.0.name', ['other', 7]],
    ['tables.0.schema', [undefined, 'public', 7]],
    ['tables.0.table', [null]],
    ['tables.0.entities', [[7], null]],
    ['tables.0.columns', [null, [[]], [table.columns[0], table.columns[0]]]],
    ['tables.0.columns.0.name', [7]],
    ['tables.0.columns.0.type', [null]],
    ['tables.0.columns.0.encoding', ['utf7', 'constructor', '__proto__', 7]],
    ['tables.0.primaryKey', [['none'], ['id', 'id'], null]],
    ['tables.0.rows', [-1, 1.5, '3', null, 2 ** 53, undefined]],
    ['tables.0.digest', ['sha256:0', 'md5:0', null]],
    ['tables.0.excluded', [0, true]],
    ['sequences', [null, [7]]],
    ['sequences.0.name', [null]],
    ['sequences.0.value', [7, 'x', '']],
    ['sequences.0.called', [1]],
    ['files', [null, []]],
    ['files.uploads', [null, 7]],
    ['files.uploads.count', [-1, '1']],
    ['files.uploads.bytes', [-1, 2 ** 60]],
    ['files.VERSION', [{ count: 0, bytes: 0 }]],
    ['files.a/b', [{ count: 0, bytes: 0 }]],
    ['skipped', [null, [{ path: 'x' }]]],
    ['warnings', [null, [7]]],
    ['complete', [undefined, 1, false]],
  ])('with a wrong %s is refused by its name', (path, values) => {
    const field = path.replace(/\.(\d)/g, '[$1]').replace('files.a/b', 'files.a/b');
    for (const value of values) refused(changed(path, value), field.split('.')[0]!);
    const last = field.split('.').at(-1)!;
    if (!/\[/.test(last)) refused(changed(path, values[0]), last);
  });

  it('has no prototype to reach', () => {
    const text = changed('files', 'F').replace(
      '"F"',
      '{"__proto__":{"count":0,"bytes":0},"constructor":{"count":1,"bytes":1}}',
    );
    const { files } = parseManifest(text);
    expect(Object.keys(files)).toEqual(['__proto__', 'constructor']);
    expect(files.toString).toBeUndefined();
    refused('{"__proto__":{"format":"nestjs-backup/1"}}', 'manifest.format');
  });

  it('that is signed is refused when there is something that it does not prove', () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const signed = {
      ...whole,
      files: { uploads: { count: 1, bytes: 2, digest } },
      entries: digest,
      digests: { VERSION: digest, 'migrations.json': digest },
      signer: `SHA256:${'a'.repeat(43)}`,
    };
    expect(parseManifest(JSON.stringify(signed))).toEqual(signed);
    refused(
      JSON.stringify({ ...signed, entries: undefined }),
      '"manifest.entries" is not there, although it is signed',
    );
    refused(JSON.stringify({ ...signed, digests: undefined }), '"manifest.digests" is not there');
    refused(JSON.stringify({ ...signed, files: whole.files }), '"manifest.files.uploads.digest" is not there');
    refused(JSON.stringify({ ...signed, signer: 'x' }), '"manifest.signer" is not the fingerprint of a key');
    refused(JSON.stringify({ ...signed, digests: { VERSION: digest } }), 'migrations.json');
  });

  it('that is none is refused, without its text', () => {
    for (const text of ['', 'secret', '{"secret', '[]', 'null']) {
      refused(text, 'manifest');
      expect(() => parseManifest(text)).not.toThrow(/secret/);
    }
  });

  it('that would take all memory is refused before it is parsed', () => {
    refused('['.repeat(1_000_000), 'more structure');
    refused(`[${'{},'.repeat(1_000_000)}{}]`, 'more structure');
  });
});

describe('The migrations', () => {
  it('are read as they were written', () => {
    expect(parseMigrations(MIGRATIONS)).toEqual(JSON.parse(MIGRATIONS));
  });

  it.each(['', '{}', '[]', '{"applied":[],"known":[{"name":"x"}]}', '{"applied":[{"id":"1"}],"known":[]}'])(
    'are refused as %j',
    (text) => {
      expect(() => parseMigrations(text)).toThrow(expect.objectContaining({ code: 'ARCHIVE_INVALID' }));
    },
  );
});
