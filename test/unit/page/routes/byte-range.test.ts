import { requestedRange } from '../../../../lib/page/routes/byte-range.js';

const validators = { etag: '"a1"', lastModified: new Date('2026-05-04T03:02:01.000Z') };
const of = (range?: string, ifRange?: string, size = 1000) => requestedRange(range, ifRange, size, validators);

describe('The range of a request', () => {
  it.each([
    ['bytes=0-0', { first: 0, last: 0 }],
    ['bytes=0-', { first: 0, last: 999 }],
    ['bytes=999-', { first: 999, last: 999 }],
    ['bytes=10-19', { first: 10, last: 19 }],
    ['bytes=990-5000', { first: 990, last: 999 }],
    ['bytes=-1', { first: 999, last: 999 }],
    ['bytes=-5000', { first: 0, last: 999 }],
    [' bytes=3-4 ', { first: 3, last: 4 }],
  ])('%j has both ends', (range, expected) => {
    expect(of(range)).toEqual(expected);
  });

  it.each([undefined, '', 'bytes=', 'bytes=-', 'bytes=5-4', 'bytes=1-2,4-5', 'items=0-1', 'bytes=a-b', 'bytes=0x1-2'])(
    '%j stands for everything',
    (range) => {
      expect(of(range)).toBeUndefined();
    },
  );

  it.each(['bytes=1000-', 'bytes=1000-2000', 'bytes=-0'])('%j is not there', (range) => {
    expect(of(range)).toBeNull();
  });

  it('is not there in what is empty', () => {
    expect(of('bytes=0-', undefined, 0)).toBeNull();
    expect(of('bytes=-1', undefined, 0)).toBeNull();
  });

  it.each(['"a1"', ' "a1"', validators.lastModified.toUTCString()])(
    'counts if the archive is the same, %j',
    (ifRange) => {
      expect(of('bytes=1-2', ifRange)).toEqual({ first: 1, last: 2 });
    },
  );

  it.each(['"a2"', 'W/"a1"', 'a1', '', 'Mon, 04 May 2026 03:02:02 GMT'])(
    'does not count if it may be another, %j',
    (ifRange) => {
      expect(of('bytes=1-2', ifRange)).toBeUndefined();
    },
  );
});
