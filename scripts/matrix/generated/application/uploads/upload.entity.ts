import { Column, Entity, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { User } from '../users/user.entity';

@Entity()
export class Upload {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  originalName: string;

  /** Its name below the directory of uploads. */
  @Column()
  storedAs: string;

  @Column({ type: 'bigint' })
  bytes: string;

  @Column({ type: 'jsonb', nullable: true })
  labels: string[] | null;

  @ManyToOne(
    () => User,
    (user) => user.uploads,
  )
  owner: Relation<User>;
}
