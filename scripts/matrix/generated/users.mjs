/** Who uses the generated hosts' application: what they leave there, and what is to be found again. */
import { randomBytes } from 'node:crypto';

export const ADMIN_PASSWORD = randomBytes(12).toString('hex');

/** Users and uploads; the last upload has three megabytes. */
export async function fill(url) {
  await json(fetch(`${url}/auth/register`, asJson({ name: 'Žofie', password: 'her own' })));
  const headers = await logIn(url);
  const contents = ['', 'text', '"quoted"\n\\', randomBytes(3_000_000)];
  for (const [nth, content] of contents.entries()) {
    const body = new FormData();
    body.append('file', new Blob([content]), `upload ${nth}.tar.gz`);
    await json(fetch(`${url}/uploads`, { method: 'POST', headers, body }));
  }
}

/** @returns headers of a request */
export async function logIn(url, name = 'admin', password = ADMIN_PASSWORD) {
  const { access_token: token } = await json(fetch(`${url}/auth/login`, asJson({ name, password })));
  return { Authorization: `Bearer ${token}` };
}

/** @returns headers of a user who is no system user */
export const logInAsSomebody = (url) => logIn(url, 'Žofie', 'her own');

/** All that the application shows, as one text. */
export async function read(url) {
  const headers = await logIn(url);
  const uploads = await json(fetch(`${url}/uploads`, { headers }));
  if (uploads.length !== 4) throw new Error(`there are ${uploads.length} uploads`);
  const contents = [];
  for (const { id, bytes } of uploads) {
    const content = Buffer.from(await (await fetch(`${url}/uploads/${id}`, { headers })).arrayBuffer());
    if (content.length !== Number(bytes)) throw new Error(`upload ${id} has ${content.length} of ${bytes} bytes`);
    contents.push(content.toString('base64'));
  }
  return JSON.stringify({ uploads, contents });
}

function asJson(body) {
  return { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

async function json(answering) {
  const answer = await answering;
  if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}
