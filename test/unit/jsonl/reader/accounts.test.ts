import { Readable } from 'node:stream';
import { StreamedLines } from '../../../../lib/jsonl/line-source.js';
import { readTables } from '../../../../lib/jsonl/reader.js';
import { pairs, user, users } from '../../restore/support/made-archive.js';
import { linesOf, manifest, rowsOf, textOf } from '../support/read-rows.js';

describe('Rows that the manifest does not account for', () => {
  const [many, more] = [users(5), pairs(2)];
  const about = manifest(many, more);
  const lines = (text: string) => text.split('\n').slice(0, -1);
  const refusal = async (text: string) => {
    const error = await rowsOf(text, about).catch((problem: unknown) => problem);
    expect(error).toMatchObject({ code: 'ARCHIVE_INVALID' });
    return (error as Error).message;
  };

  it('are refused, with table and line', async () => {
    const [all, five] = [textOf(many, more), lines(many.text)];
    expect(await refusal(all + more.text)).toContain('line 8');
    expect(await refusal(many.text)).toMatch(/table "pair": line 6 .* 2 of 2 rows are missing/);
    expect(await refusal(all.slice(0, all.lastIndexOf('{"model')))).toMatch(
      /table "pair": line 7 .* 1 of 2 rows are missing/,
    );
    expect(await refusal('')).toContain('5 of 5 rows are missing');
    expect(await refusal(`${five.slice(0, 4).join('\n')}\n${more.text}`)).toContain(
      'table "user": line 5 of its rows is of "pair"',
    );
    expect(await refusal(`${many.text}${user(5)}\n${more.text}`)).toContain(
      'table "pair": line 6 of its rows is of "user"',
    );
    expect(await refusal(all.replace('name 3', 'nome 3'))).toMatch(/table "user": line 5 .* digests/);
    expect(await refusal(`${[five[1], five[0], ...five.slice(2)].join('\n')}\n${more.text}`)).toContain('digests');
    expect(await refusal(all.replace(',"fields"', ', "fields"'))).toContain('digests');
    expect(await refusal(all.slice(0, -1))).toContain('cut off');
    expect(await refusal(`${all}\n`)).toContain('line 8');
    expect(await refusal(all.replace('\n', '\r\n'))).toContain('digests');
  });

  it('are found although nobody reads the table', async () => {
    const text = textOf(many, more).replace('name 3', 'nome 3');
    const reading = async () => {
      for await (const { table } of readTables(linesOf(text), about)) expect(table.name).toBe('user');
    };
    await expect(reading()).rejects.toMatchObject({ message: expect.stringContaining('digests') });
    const leaving = async () => {
      for await (const { batches } of readTables(linesOf(text), about)) for await (const _ of batches) break;
    };
    await expect(leaving()).rejects.toMatchObject({ message: expect.stringContaining('digests') });
  });

  it('are refused when they are not UTF-8', async () => {
    const bytes = Buffer.from(many.text);
    bytes[bytes.indexOf('name')] = 0xff;
    await expect(rowsOf(Readable.from([bytes]), about)).rejects.toMatchObject({
      message: expect.stringContaining('UTF-8'),
    });
  });

  it('close the stream, also when their consumer stops', async () => {
    const stream = Readable.from([Buffer.from(textOf(many, more))]);
    for await (const _ of readTables(new StreamedLines(stream), about)) break;
    expect(stream.destroyed).toBe(true);
  });
});
