import { createHash, scryptSync, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Column, DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity()
export class User {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ unique: true })
  name!: string;

  /** `salt:hash` */
  @Column({ select: false })
  password!: string;

  /** SHA-256 of the user's API token. */
  @Column({ select: false })
  token!: string;

  @Column({ default: false })
  isSystemUser!: boolean;
}

export const digestOf = (token: string) => createHash('sha256').update(token).digest('hex');
export const hashOf = (password: string, salt: string) => `${salt}:${scryptSync(password, salt, 32).toString('hex')}`;

@Injectable()
export class Users {
  constructor(private readonly dataSource: DataSource) {}

  byId(id: number): Promise<User | null> {
    return this.dataSource.getRepository(User).findOneBy({ id });
  }

  byToken(token: string): Promise<User | null> {
    return this.dataSource.getRepository(User).findOneBy({ token: digestOf(token) });
  }

  async byPassword(name: string, password: string): Promise<User | null> {
    const users = this.dataSource.getRepository(User).createQueryBuilder('user').addSelect('user.password');
    const user = await users.where({ name }).getOne();
    const expected = user?.password ?? hashOf('nobody', 'salt');
    const given = hashOf(password, expected.split(':')[0]!);
    return timingSafeEqual(Buffer.from(given), Buffer.from(expected)) ? user : null;
  }
}
