import {
  describeProblem,
  type TranslatedTable,
  type TranslationPlan,
} from '../../restore/translate/translation-plan.js';
import { pluralize } from '../../support/quantities.js';
import { visible } from '../../support/visible-text.js';

/** The plan of a restore into another engine, in human-readable form. */
export function describeTranslation({ from, to, tables, problems, leftOut }: TranslationPlan): string {
  const refused = problems.length > 0;
  return [
    `From ${from} to ${to}:`,
    ...tables.flatMap(describeTable),
    ...leftOut.map((name) => `  left out: counter ${name}, which no column of the target uses`),
    ...(refused ? ['Cannot be converted:', ...problems.map((problem) => `  ${describeProblem(problem)}.`)] : []),
    refused ? 'Nothing would be restored.' : 'Everything can be converted.',
  ]
    .map(visible)
    .join('\n');
}

function describeTable({ name, into, rows, columns }: TranslatedTable): string[] {
  const renamed = name === into ? '' : `, into ${into}`;
  return [
    `  ${name}${renamed}: ${pluralize(rows, 'row')}`,
    ...columns.map((column) => `    ${column.name}: ${column.from} → ${column.to}: ${column.how}`),
  ];
}
