import { RequestMethod, type Type } from '@nestjs/common';
import { isOwn, PAGE_ROUTES, RESTORE_ROUTES } from '../../lib/http/own-routes.js';
import { createPageModule } from '../../lib/page/page.module.js';

const PATH = 'utils/backup';

/** As Nest reads them. */
function routesOf({ prototype }: Type): Array<[method: string, path: string]> {
  const handlers = Object.values(Object.getOwnPropertyDescriptors(prototype as object)).map(({ value }) => value);
  return handlers.flatMap((handler) => {
    const method: RequestMethod | undefined = Reflect.getMetadata('method', handler);
    if (method === undefined) return [];
    return [[RequestMethod[method]!, `/${PATH}/${Reflect.getMetadata('path', handler)}`] as [string, string]];
  });
}

describe('The list of own routes', () => {
  const { controllers = [] } = createPageModule(PATH, { isOn: true, path: PATH });
  const served = controllers.flatMap(routesOf);
  const listed = [...PAGE_ROUTES, ...RESTORE_ROUTES];

  it('has every route of the page, and no other', () => {
    const names = listed.map(({ method, path }) => `${method} /${PATH}/${path}`);
    expect(names.toSorted()).toEqual(served.map((route) => route.join(' ')).toSorted());
  });

  it('recognises each, with a prefix and with a slash at its end', () => {
    for (const [method, path] of served) {
      expect([path, `${path}/`, `/api/v1${path}`].map((one) => isOwn(listed, method, one))).toEqual([true, true, true]);
    }
  });
});
