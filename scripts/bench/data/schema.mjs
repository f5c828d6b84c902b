import { EntitySchema } from 'typeorm';

/** A small application: three tables with keys, indexes, and foreign keys, the same on every engine. */
export const TABLES = ['author', 'article', 'comment'];

const key = { type: 'bigint', primary: true };
const author = { type: 'many-to-one', target: 'author', joinColumn: { name: 'author_id' }, nullable: false };

/** @param type TypeORM's name of the engine */
export function entitiesFor(type) {
  const created_at = type === 'postgres' ? { type: 'timestamptz' } : { type: 'varchar', length: 30 };
  return [
    new EntitySchema({
      name: 'author',
      columns: {
        id: key,
        name: { type: 'varchar', length: 100 },
        email: { type: 'varchar', length: 100, unique: true },
      },
    }),
    new EntitySchema({
      name: 'article',
      columns: {
        id: key,
        title: { type: 'varchar', length: 200 },
        body: { type: 'text' },
        price: { type: 'decimal', precision: 12, scale: 2 },
        published: { type: 'boolean' },
        created_at,
      },
      relations: { author },
      indices: [
        { name: 'article_author', columns: ['author'] },
        { name: 'article_title', columns: ['title'] },
        { name: 'article_created', columns: ['created_at'] },
      ],
    }),
    new EntitySchema({
      name: 'comment',
      columns: { id: key, body: { type: 'text' }, score: { type: 'int', nullable: true }, created_at },
      relations: {
        author,
        article: { type: 'many-to-one', target: 'article', joinColumn: { name: 'article_id' }, nullable: false },
      },
      indices: [
        { name: 'comment_article', columns: ['article'] },
        { name: 'comment_author', columns: ['author'] },
      ],
    }),
  ];
}

export const COLUMNS = {
  author: ['id', 'name', 'email'],
  article: ['id', 'author_id', 'title', 'body', 'price', 'published', 'created_at'],
  comment: ['id', 'article_id', 'author_id', 'body', 'score', 'created_at'],
};
