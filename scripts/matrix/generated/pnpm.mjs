import { join } from 'node:path';
import { shell } from './shell.mjs';

const VERSION = '10';

/** Installs pnpm beside the hosts. @returns the variables of an environment that has it */
export async function pnpm(parent) {
  const tools = join(parent, 'tools');
  await shell(`npm install --prefix ${tools} pnpm@${VERSION}`, parent);
  return { PATH: `${join(tools, 'node_modules/.bin')}:${process.env.PATH}` };
}
