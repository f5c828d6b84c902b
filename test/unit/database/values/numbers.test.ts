import { exactNumber, plainDecimal, shortestSingle, withinDigits } from '../../../../lib/database/values/numbers.js';

describe('numbers between engines', () => {
  it.each([
    ['1.50', '1.5'],
    ['-0.00', '0'],
    ['007', '7'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['1e3', '1000'],
    ['1.25e-3', '0.00125'],
    ['-12.5E+1', '-125'],
    ['1e21', '1000000000000000000000'],
    ['99999999999999999999.000000000000000000010', '99999999999999999999.00000000000000000001'],
  ])('writes %s as %s', (text, plain) => expect(plainDecimal(text)).toBe(plain));

  it.each(['', '.', 'e5', '1e', '0x10', 'NaN', 'Infinity', '1 2', '1e99999', '1,5'])('knows no number %j', (text) => {
    expect(() => plainDecimal(text)).toThrow('are not numbers');
  });

  it('takes only what a double keeps', () => {
    expect(exactNumber('0.1')).toBe(0.1);
    expect(() => exactNumber('0.10000000000000001')).toThrow(/more digits/);
    expect(() => exactNumber('9007199254740993')).toThrow(/more digits/);
    expect(() => exactNumber(`1${'0'.repeat(400)}`)).toThrow(/more digits/);
  });

  it('shortens numbers of 32 bits as servers do', () => {
    expect(
      [9.800000190734863, 0.10000000149011612, 16777216, -3.4028234663852886e38, 1e-45].map(shortestSingle),
    ).toEqual([9.8, 0.1, 16777216, -3.4028235e38, 1e-45]);
  });

  it('counts digits on both sides of the point', () => {
    expect(withinDigits('999.99', 5, 2)).toBe('999.99');
    expect(withinDigits('0.99', 2, 2)).toBe('0.99');
    expect(() => withinDigits('1000', 5, 2)).toThrow(/more digits than/);
    expect(() => withinDigits('1.001', 5, 2)).toThrow(/2 digits behind/);
  });
});
