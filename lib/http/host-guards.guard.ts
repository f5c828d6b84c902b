import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  HttpException,
  Inject,
  Injectable,
  type Type,
} from '@nestjs/common';
import { ContextIdFactory, ModuleRef } from '@nestjs/core';
import { isObservable, lastValueFrom } from 'rxjs';
import { withCode } from './error-response.js';

/** Injection token of the application's guards, given as the module extra `guards`. */
export const HOST_GUARDS = Symbol('nestjs-backup:host-guards');

/** Runs the application's own guards, which authenticate the user, before ours look at `request.user`. */
@Injectable()
export class HostGuardsGuard implements CanActivate {
  private readonly made = new Map<Type<CanActivate>, CanActivate>();

  constructor(
    @Inject(HOST_GUARDS) private readonly guards: ReadonlyArray<Type<CanActivate> | CanActivate>,
    private readonly moduleRef: ModuleRef,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    try {
      for (const guard of this.guards) {
        // The same message as Nest's.
        if (!(await this.allows(guard, context))) throw new ForbiddenException('Forbidden resource');
      }
      return true;
    } catch (error) {
      // Anything but an HTTP exception is left to the application's filters.
      throw error instanceof HttpException ? withCode(error) : error;
    }
  }

  private async allows(guard: Type<CanActivate> | CanActivate, context: ExecutionContext): Promise<boolean> {
    const instance = typeof guard === 'function' ? await this.instanceOf(guard, context) : guard;
    const answer = await instance.canActivate(context);
    return isObservable(answer) ? lastValueFrom(answer) : answer;
  }

  /** The application's own provider of that class if it has one, whatever its scope; otherwise one instance made here. */
  private async instanceOf(guard: Type<CanActivate>, context: ExecutionContext): Promise<CanActivate> {
    const made = this.made.get(guard);
    if (made) return made;
    const request = context.switchToHttp().getRequest<object>();
    const contextId = ContextIdFactory.getByRequest(request);
    // A request-scoped guard gets it as REQUEST.
    this.moduleRef.registerRequestByContextId(request, contextId);
    try {
      return await this.moduleRef.resolve(guard, contextId, { strict: false });
    } catch (error) {
      // Like a guard in @UseGuards, it need not be registered as a provider.
      if (nameOf(error) !== 'UnknownElementException') throw error;
    }
    try {
      const instance = await this.moduleRef.create(guard);
      this.made.set(guard, instance);
      return instance;
    } catch (error) {
      if (nameOf(error) !== 'RequestScopedCreateException') throw error;
      return this.moduleRef.create(guard, contextId);
    }
  }
}

function nameOf(error: unknown): string {
  return (error as Error).constructor.name;
}
