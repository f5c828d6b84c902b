import { BACKUP_FIELDS, readFields } from '../../../../lib/page/routes/request-fields.js';

const RULES = { ...BACKUP_FIELDS, plan: { type: 'boolean', optional: true } } as const;
const problems = (body: object): unknown => {
  try {
    readFields(body, RULES);
  } catch (error) {
    return (error as { getResponse(): { message: unknown; code: unknown } }).getResponse();
  }
  return undefined;
};

describe('The body of an action of the page', () => {
  it('has its fields, and no other', () => {
    expect(readFields({ key: 'k', destination: 'd', id: 'i' }, RULES)).toEqual({ destination: 'd', id: 'i' });
    expect(readFields({ destination: 'd', id: 'i', plan: null }, RULES).plan).toBeUndefined();
    expect(readFields({ destination: 'd', id: 'i', plan: true }, RULES).plan).toBe(true);
  });

  it('is refused with a message for each field, and no value', () => {
    expect(problems({ destination: 'secret', id: 5, plan: 'secret', Plan: true })).toMatchObject({
      statusCode: 400,
      code: 'INVALID_BODY',
      message: [
        'property Plan should not exist; accepted: key, destination, id, plan',
        'id must be a string',
        'plan must be a boolean',
      ],
    });
  });

  it('does not inherit fields', () => {
    const inherited = JSON.parse('{"__proto__": {"destination": "d", "id": "i"}}') as object;
    expect(problems(inherited)).toMatchObject({ code: 'INVALID_BODY' });
    expect(problems(Object.create({ destination: 'd', id: 'i' }) as object)).toMatchObject({ code: 'INVALID_BODY' });
  });
});
