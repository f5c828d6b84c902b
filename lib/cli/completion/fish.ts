import type { CommandWords, FlagWords, ProgramWords, ValueKind } from './words.js';

const VALUES: Readonly<Record<ValueKind, string>> = {
  file: '-r -F',
  directory: "-x -a '(__fish_complete_directories)'",
  other: '-x',
};

export function fishScript({ name, flags, commands }: ProgramWords): string {
  const complete = (rest: string) => `complete -c ${name} ${rest}`;
  const lines = [
    `# Completion of ${name} for fish. Made by: ${name} completion fish`,
    complete('-f'),
    ...flags.map((flag) => complete(`-n __fish_use_subcommand ${flagWords(flag)}`)),
    ...commands.map((one) => complete(`-n __fish_use_subcommand -a ${one.name} -d ${quoted(one.description)}`)),
    ...commands.flatMap((one) => commandLines(one).map(complete)),
  ];
  return `${lines.join('\n')}\n`;
}

function commandLines({ name, flags, argument }: CommandWords): string[] {
  const within = `-n '__fish_seen_subcommand_from ${name}'`;
  const choices = argument?.choices ?? [];
  const arguments_ =
    choices.length > 0 ? [`${within} -a ${quoted(choices.join(' '))}`] : argument ? [`${within} -F`] : [];
  return [...arguments_, ...flags.map((flag) => `${within} ${flagWords(flag)}`)];
}

function flagWords({ names, description, value }: FlagWords): string {
  const words = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  return [...words, ...(value ? [VALUES[value]] : []), `-d ${quoted(description)}`].join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}
