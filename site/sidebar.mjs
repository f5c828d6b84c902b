import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** The pages in the order of the table by question in the README, then what it does not ask for. */
export function sidebar() {
  const questions = questionsOf(readFileSync(join(root, 'README.md'), 'utf8'));
  const decisions = readdirSync(join(root, 'docs/adr'))
    .toSorted()
    .map((name) => page(`docs/adr/${name}`));
  const project = ['CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'UPGRADING.md', 'CODE_OF_CONDUCT.md'];
  const shown = new Set(questions.map(({ link }) => link));
  const rest = project.map(page).filter(({ link }) => !shown.has(link));
  const missing = readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .filter((name) => !shown.has(linkTo(`docs/${name}`)));
  if (missing.length > 0) throw new Error(`The table in README.md, Documentation, leads to no ${missing.join(', ')}.`);
  return [
    { text: 'nestjs-backup', link: '/' },
    { text: 'Documentation', items: questions },
    { text: 'API', link: '/api/', items: ENTRIES },
    { text: 'Decisions', collapsed: true, items: decisions },
    { text: 'Project', items: rest },
  ];
}

const ENTRIES = ['', '/s3', '/kms', '/schedule', '/queue', '/health'].map((entry) => ({
  text: `nestjs-backup${entry}`,
  link: `/api/nestjs-backup${entry}/`,
}));

/** Each page once, where it is asked for first. */
function questionsOf(readme) {
  const table = readme.split('\n## Documentation\n')[1].split('\n## ')[0];
  const paths = [...table.matchAll(/\]\(([^)#]+)/g)].map(([, path]) => path);
  return [...new Set(paths)].map(page);
}

function page(path) {
  const [, title] = /^# (.+)$/m.exec(readFileSync(join(root, path), 'utf8'));
  return { text: title, link: linkTo(path) };
}

function linkTo(path) {
  return `/${path.replace(/\.md$/, '')}`;
}
