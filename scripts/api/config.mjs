import { join } from 'node:path';
import { ExtractorConfig } from '@microsoft/api-extractor';
import { declarationsOf, root } from './entries.mjs';

const COMPILER = {
  target: 'es2022',
  lib: ['es2023'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  skipLibCheck: true,
};

/** @param fresh folder for the report as it is now */
export function configOf(entry, fresh) {
  const off = { logLevel: 'none', addToApiReportFile: false };
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: declarationsOf(entry),
      newlineKind: 'lf',
      compiler: { overrideTsconfig: { compilerOptions: COMPILER, files: [declarationsOf(entry)] } },
      apiReport: {
        enabled: true,
        reportFileName: `${entry}.api.md`,
        reportFolder: join(root, 'api'),
        reportTempFolder: fresh,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error', addToApiReportFile: false } },
        // The declarations are built without what is @internal; comments are typedoc's business.
        extractorMessageReporting: {
          default: { logLevel: 'error', addToApiReportFile: false },
          'ae-missing-release-tag': off,
          'ae-undocumented': off,
        },
        tsdocMessageReporting: { default: off },
      },
    },
  });
}
