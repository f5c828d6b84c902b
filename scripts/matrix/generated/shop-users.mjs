/** Who uses the shop: administrators over its Admin API, visitors over its Shop API. */
import { randomBytes } from 'node:crypto';

export const ADMIN_PASSWORD = randomBytes(12).toString('hex');
const SOMEBODY = { name: 'clerk@example.com', password: 'only a clerk' };

/** Products that visitors see, and an administrator who may not do everything. */
export async function fill(url) {
  const headers = await logIn(url);
  const ask = (query, variables) => graphql(`${url}/admin-api`, query, variables, headers);
  for (let nth = 0; nth < 20; nth++) {
    const translations = [
      { languageCode: 'en', name: `Product ${nth}`, slug: `product-${nth}`, description: `<b>"${nth}"</b>\n\\ 李` },
    ];
    await ask('mutation ($input: CreateProductInput!) { createProduct(input: $input) { id } }', {
      input: { translations, enabled: true },
    });
  }
  const { createRole } = await ask('mutation ($input: CreateRoleInput!) { createRole(input: $input) { id } }', {
    input: { code: 'clerk', description: 'Reads', permissions: ['ReadCatalog'] },
  });
  await ask('mutation ($input: CreateAdministratorInput!) { createAdministrator(input: $input) { id } }', {
    input: {
      emailAddress: SOMEBODY.name,
      firstName: 'A',
      lastName: 'Clerk',
      password: SOMEBODY.password,
      roleIds: [createRole.id],
    },
  });
}

/** @returns headers of a request */
export async function logIn(url, name = 'superadmin', password = ADMIN_PASSWORD) {
  const answer = await post(`${url}/admin-api`, {
    query:
      'mutation ($name: String!, $password: String!) { login(username: $name, password: $password) { __typename } }',
    variables: { name, password },
  });
  const token = answer.headers.get('vendure-auth-token');
  if (!token) throw new Error(`nobody was logged in: ${await answer.text()}`);
  return { Authorization: `Bearer ${token}` };
}

/** @returns headers of a user who is no system user */
export const logInAsSomebody = (url) => logIn(url, SOMEBODY.name, SOMEBODY.password);

/** What a visitor sees, as one text. */
export async function read(url) {
  const { products } = await graphql(
    `${url}/shop-api`,
    '{ products(options: { sort: { id: ASC } }) { items { id createdAt name slug description } } }',
  );
  if (products.items.length !== 20) throw new Error(`the shop shows ${products.items.length} products`);
  return JSON.stringify(products);
}

async function graphql(endpoint, query, variables, headers) {
  const { data, errors } = await (await post(endpoint, { query, variables }, headers)).json();
  if (errors) throw new Error(`${endpoint} answered: ${JSON.stringify(errors).slice(0, 1_000)}`);
  return data;
}

function post(url, body, headers = {}) {
  return fetch(url, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}
