import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:http';
import type { Readable } from 'node:stream';
import type { UploadAnswer } from '../../../lib/page/page-api.js';
import { asSystem, body, ENDPOINT } from '../../fixtures/host.js';
import { type Answer, type Ask, send } from '../../fixtures/http-client.js';
import { until } from '../../fixtures/wait.js';

const TUS = { 'Tus-Resumable': '1.0.0' };
const PIECE = { ...TUS, 'Content-Type': 'application/offset+octet-stream' };

/** A client of the tus protocol, down to its headers. */
export class UploadClient {
  constructor(
    private readonly url: string,
    private readonly headers: Record<string, string> = asSystem,
  ) {}

  begin(asked: object, ask: Ask = {}): Promise<Answer> {
    const url = `${this.url}${ENDPOINT}uploads`;
    return send(url, { headers: this.headers, body: { ...body, destination: 'vault', ...asked }, ...ask });
  }

  async list(): Promise<UploadAnswer[]> {
    const url = `${this.url}${ENDPOINT}uploads`;
    return (await send(url, { method: 'GET', headers: this.headers })).json.items;
  }

  state({ url }: Pick<UploadAnswer, 'url'>): Promise<Answer> {
    return send(this.url + url, { method: 'GET', headers: this.headers });
  }

  head({ url }: Pick<UploadAnswer, 'url'>, headers: Record<string, string> = TUS): Promise<Answer> {
    return send(this.url + url, { method: 'HEAD', headers: { ...this.headers, ...headers } });
  }

  remove({ url }: Pick<UploadAnswer, 'url'>): Promise<Answer> {
    return send(this.url + url, { method: 'DELETE', headers: { ...this.headers, ...TUS } });
  }

  check({ url }: Pick<UploadAnswer, 'url'>, keys: object = {}): Promise<Answer> {
    return send(`${this.url}${url}/check`, { headers: this.headers, body: { ...body, ...keys } });
  }

  /** Sends bytes, or a stream of them, from an offset on. */
  patch(
    { url }: Pick<UploadAnswer, 'url'>,
    offset: number,
    bytes: Uint8Array | Readable,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const asked = request(this.url + url, {
        method: 'PATCH',
        agent: new Agent(),
        headers: { ...this.headers, ...PIECE, 'Upload-Offset': String(offset), ...headers },
      });
      asked.once('response', (response) => void answerOf(response).then(resolve, reject)).once('error', reject);
      if ('pipe' in bytes) bytes.once('close', () => bytes.readableEnded || asked.destroy()).pipe(asked);
      else asked.end(bytes);
    });
  }

  /** Uploads all of an archive, and has it checked. @returns its last state */
  async whole(archive: Buffer, filename: string, asked: object = {}, keys: object = {}): Promise<UploadAnswer> {
    const begun = await this.begin({ filename, size: archive.length, ...asked });
    if (begun.status !== 201) throw new Error(begun.text);
    const sent = await this.patch(begun.json, 0, archive);
    if (sent.status !== 204) throw new Error(sent.text);
    const checked = await this.check(begun.json, keys);
    if (checked.status !== 202) throw new Error(checked.text);
    return this.ended(begun.json);
  }

  /** Waits until it is not being checked any more. */
  async ended(upload: Pick<UploadAnswer, 'url'>): Promise<UploadAnswer> {
    let last: UploadAnswer | undefined;
    const isOver = async () => {
      last = (await this.state(upload)).json as UploadAnswer;
      return last.state !== 'checking';
    };
    await until('it was checked', isOver, 30_000);
    return last!;
  }
}

async function answerOf(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString();
  const json = text.startsWith('{') ? JSON.parse(text) : undefined;
  return { status: response.statusCode!, headers: response.headers, bytes, text, json };
}
