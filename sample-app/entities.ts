import * as orm from 'typeorm';

@orm.Entity()
export class User {
  @orm.PrimaryGeneratedColumn() id!: number;
  @orm.Column({ unique: true }) username!: string;
  @orm.Column({ select: false }) passwordHash!: string;
  @orm.Column() isSystemUser!: boolean;
  @orm.Column() isSuperuser!: boolean;
}

@orm.Entity()
export class Tag {
  @orm.PrimaryColumn() name!: string;
  @orm.ManyToOne(() => Tag) parent?: orm.Relation<Tag>;
}

@orm.Entity()
export class Project {
  @orm.PrimaryGeneratedColumn() id!: number;
  @orm.Column() name!: string;
  @orm.Column({ type: 'simple-enum', enum: ['draft', 'finished'] }) status!: string;
  @orm.Column() logo!: string;
  @orm.ManyToMany(() => Tag) @orm.JoinTable() tags!: Tag[];
  @orm.DeleteDateColumn() deletedAt?: Date;
}

@orm.Entity()
export class Finding {
  @orm.PrimaryGeneratedColumn() id!: number;
  @orm.ManyToOne(() => Project, { onDelete: 'CASCADE' }) project!: Project;
  @orm.Column({ type: 'float', nullable: true }) cvss!: number | null;
  @orm.Column({ type: 'text' }) description!: string;
  @orm.Column({ type: 'simple-json' }) attachments!: string[];
}
