import 'reflect-metadata';
import { text } from 'node:stream/consumers';
import { DataSource } from 'typeorm';
import { restore } from '../../support/saved.js';

/** A process that restores what it is told on standard input, and says when it begins. */
const { type, url, saved, id } = JSON.parse(await text(process.stdin));
const dataSource = await new DataSource({ type, url }).initialize();
process.stdout.write('begins\n');
await restore(dataSource, saved, id);
await dataSource.destroy();
