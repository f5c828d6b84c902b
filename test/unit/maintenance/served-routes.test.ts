import { servedRoutes } from '../../../lib/maintenance/served-routes.js';

describe('The routes that are served during maintenance', () => {
  const isServed = servedRoutes('utils/backup');

  it.each([
    '/utils/backup/page',
    '/api/v1/utils/backup/page/app.js',
    '/utils/backup/status?x=1',
    '/utils/backup/restores/0/undo',
    '/utils/backup/downloads/token',
    '/utils/backup/uploads/vault/id',
  ])('include %s', (url) => {
    expect(isServed(url)).toBe(true);
  });

  it.each([
    '/',
    '/utils/backup',
    '/utils/backup/',
    '/utils/backup/metrics',
    '/utils/backup/pages',
    '/utils/backups/page',
    '/utils/backup-page',
    '/orders?next=/utils/backup/page',
    '/utilsXbackup/page',
  ])('do not include %s', (url) => {
    expect(isServed(url)).toBe(false);
  });

  it('are found below a path with parameters, with characters that browsers encode, and in any case', () => {
    expect(servedRoutes('tenants/:tenant/backup')('/api/tenants/acme/backup/status')).toBe(true);
    expect(servedRoutes('tenants/:tenant/backup')('/tenants/backup/status')).toBe(false);
    expect(servedRoutes('ops/säve it')('/ops/s%C3%A4ve%20it/status')).toBe(true);
    expect(servedRoutes('Ops')('/oPS/status')).toBe(true);
    expect(servedRoutes('ops')('/%E0%A4%A/ops/status')).toBe(true);
  });

  it('take the characters of the path as they are', () => {
    expect(servedRoutes('a.b')('/a.b/page')).toBe(true);
    expect(servedRoutes('a.b')('/aXb/page')).toBe(false);
  });
});
