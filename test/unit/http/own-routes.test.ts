import { isOwn, type OwnRoute } from '../../../lib/http/own-routes.js';

const routes: readonly OwnRoute[] = [
  { method: 'POST', path: 'utils/backup' },
  { method: 'DELETE', path: 'utils/backup/runs/:id' },
];

describe('An own route', () => {
  it.each([
    ['POST', '/utils/backup'],
    ['POST', '/utils/backup/'],
    ['POST', '/api/v1/utils/backup'],
    ['POST', '/Utils/BACKUP'],
    ['DELETE', '/api/utils/backup/runs/any'],
  ])('is recognised in %s %s', (method, path) => {
    expect(isOwn(routes, method, path)).toBe(true);
  });

  it.each([
    ['GET', '/utils/backup'],
    ['POST', '/utils/backups'],
    ['POST', '/utils/backup/links'],
    ['POST', '/'],
    ['DELETE', '/utils/backup/runs'],
    ['DELETE', '/utils/backup/runs/any/more'],
  ])('is not %s %s', (method, path) => {
    expect(isOwn(routes, method, path)).toBe(false);
  });

  it('at the root is the root alone', () => {
    const root: readonly OwnRoute[] = [{ method: 'POST', path: '' }];
    expect(['/', '', '/orders'].map((path) => isOwn(root, 'POST', path))).toEqual([true, true, false]);
  });
});
