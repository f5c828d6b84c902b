import { Column, CreateDateColumn, Entity, OneToMany, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { Upload } from '../uploads/upload.entity';

@Entity()
export class User {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @Column({ unique: true })
  name: string;

  /** `salt:hash` */
  @Column()
  password: string;

  @Column({ default: false })
  isSystemUser: boolean;

  @CreateDateColumn({ type: 'timestamptz' })
  createdAt: Date;

  @OneToMany(
    () => Upload,
    (upload) => upload.owner,
  )
  uploads: Relation<Upload>[];
}
