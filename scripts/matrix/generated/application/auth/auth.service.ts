import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { Injectable, OnApplicationBootstrap, UnauthorizedException } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { User } from '../users/user.entity';

@Injectable()
export class AuthService implements OnApplicationBootstrap {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly jwt: JwtService,
  ) {}

  /** Whoever starts with an empty database can log in, as many applications do it. */
  async onApplicationBootstrap(): Promise<void> {
    if ((await this.users.count()) === 0) await this.add('admin', process.env.ADMIN_PASSWORD ?? 'admin', true);
  }

  add(name: string, password: string, isSystemUser = false): Promise<User> {
    return this.users.save({ name, password: hashOf(password, randomBytes(8).toString('hex')), isSystemUser });
  }

  async login(name: string, password: string): Promise<{ access_token: string }> {
    const user = await this.users.findOneBy({ name });
    const expected = user?.password ?? hashOf('', 'nobody');
    const given = hashOf(password, expected.split(':')[0]);
    if (!user || !timingSafeEqual(Buffer.from(given), Buffer.from(expected))) throw new UnauthorizedException();
    return { access_token: await this.jwt.signAsync({ sub: user.id }) };
  }
}

function hashOf(password: string, salt: string): string {
  return `${salt}:${scryptSync(password, salt, 32).toString('hex')}`;
}
