import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BackupError } from 'nestjs-backup';
import { exitCodeOf } from '../../lib/cli/exit-codes.js';
import { toHttpException } from '../../lib/http/error-response.js';
import { REFUSAL_STATUS } from '../../lib/http/refusal-codes.js';
import { errorCodes } from '../fixtures/error-codes.js';

const [ofErrors, ofRefusals] = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8').split(
  /^## Over HTTP$/m,
);
const [, ...chapters] = ofErrors!.split(/^## /m);
const [, ...refusals] = ofRefusals!.split(/^### /m);
const sections = new Map(chapters.map((text) => [text.slice(0, text.indexOf('\n')), text]));

describe('docs/errors.md', () => {
  it('has a section for every code of the source, in its order, and no other', () => {
    expect(errorCodes.length).toBeGreaterThan(20);
    expect([...sections.keys()]).toEqual(errorCodes);
  });

  it.each(errorCodes)('tells cause, remedy, exit code and HTTP status of %s as they are', (code) => {
    const section = sections.get(code)!;
    expect(section).toMatch(/^\*\*Cause\.\*\* .{30}/m);
    expect(section).toMatch(/^\*\*Remedy\.\*\* .{15}/m);
    const error = new BackupError(code, 'any');
    expect(/Exit code (\d)/.exec(section)?.[1]).toBe(String(exitCodeOf(error)));
    const status = /HTTP (\d+)/.exec(section)?.[1];
    if (status !== undefined) expect(status).toBe(String(toHttpException(error).getStatus()));
  });
});

describe('docs/errors.md over HTTP', () => {
  it('has a section with cause, remedy and status for every code of a refusal, and no other', () => {
    const found = refusals.map((text) => [/^\w+/.exec(text)![0], Number(/HTTP (\d+)/.exec(text)?.[1])]);
    expect(found).toEqual(Object.entries(REFUSAL_STATUS));
    for (const text of refusals) expect(text).toMatch(/^\*\*Cause\.\*\* .{20}[^]*^\*\*Remedy\.\*\* .{4}/m);
  });
});
