import { anchorOf } from '../anchors.mjs';
import { sidebar } from '../sidebar.mjs';

const REPOSITORY = 'https://github.com/nestjs-backup/nestjs-backup';

export default {
  title: 'nestjs-backup',
  description: 'Complete, streamed and encrypted backups for NestJS + TypeORM applications.',
  base: process.env.DOCS_BASE ?? '/',
  srcDir: 'pages',
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  outDir: 'dist',
  lastUpdated: false,
  markdown: { anchor: { slugify: anchorOf } },
  themeConfig: {
    search: { provider: 'local' },
    sidebar: sidebar(),
    outline: [2, 3],
    nav: [
      { text: 'Quick start', link: '/docs/quick-start' },
      { text: 'API', link: '/api/' },
      { text: 'Changelog', link: '/CHANGELOG' },
    ],
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
  },
};
