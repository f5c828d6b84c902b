import { HttpStatus, Injectable } from '@nestjs/common';
import { HostNest } from '../../host/host-nest.js';

/** Answers that no interceptor of the application changes. */
@Injectable()
export class Answers {
  constructor(private readonly host: HostNest) {}

  async json(response: unknown, body: unknown, status: HttpStatus = HttpStatus.OK): Promise<void> {
    await this.send(response, JSON.stringify(body), status, { 'Content-Type': 'application/json; charset=utf-8' });
  }

  text(response: unknown, body: string, headers: Readonly<Record<string, string>>): Promise<void> {
    return this.send(response, body, HttpStatus.OK, headers);
  }

  header(response: unknown, name: string, value: string): void {
    this.host.adapterHost.httpAdapter.setHeader(response, name, value);
  }

  /** Headers alone. */
  nothing(response: unknown, status: HttpStatus = HttpStatus.NO_CONTENT): Promise<void> {
    return this.send(response, '', status, {});
  }

  redirect(response: unknown, location: string): Promise<void> {
    return this.send(response, '', HttpStatus.PERMANENT_REDIRECT, { Location: location });
  }

  private async send(
    response: unknown,
    body: string,
    status: HttpStatus,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { httpAdapter } = this.host.adapterHost;
    const all = { 'Cache-Control': 'no-store', ...headers };
    for (const [name, value] of Object.entries(all)) httpAdapter.setHeader(response, name, value);
    await httpAdapter.reply(response, body, status);
  }
}
