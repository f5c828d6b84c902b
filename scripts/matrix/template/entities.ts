import * as orm from 'typeorm';

@orm.Entity()
export class Author {
  @orm.PrimaryGeneratedColumn() id!: number;
  @orm.Column() name!: string;
  @orm.Column({ type: 'simple-json' }) tags!: string[];
}

@orm.Entity()
export class Book {
  @orm.PrimaryGeneratedColumn('uuid') id!: string;
  @orm.Column() title!: string;
  @orm.Column({ type: 'bigint' }) isbn!: string;
  @orm.Column({ type: 'text', nullable: true }) note!: string | null;
  @orm.CreateDateColumn() createdAt!: Date;
  @orm.ManyToOne(() => Author, { eager: true }) author!: orm.Relation<Author>;
}
