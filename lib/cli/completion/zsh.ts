import type { CommandWords, FlagWords, ProgramWords, ValueKind } from './words.js';

const ACTIONS: Readonly<Record<ValueKind, string>> = {
  file: ':file:_files',
  directory: ':directory:_files -/',
  other: ':value: ',
};

/** To be placed in a directory of $fpath, or sourced. */
export function zshScript({ name, flags, commands }: ProgramWords): string {
  const fn = `_${name}`;
  const described = commands.map((one) => `    ${quoted(`${one.name}:${one.description}`)}`).join('\n');
  return `#compdef ${name}
# Completion of ${name} for zsh. Made by: ${name} completion zsh
${fn}() {
  local state line
  local -a commands=(
${described}
  )
  _arguments -C ${flags.map(specOf).join(' ')} '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest)
      case $line[1] in
${commands.map(commandCase).join('\n')}
      esac ;;
  esac
}
if [ "$funcstack[1]" = ${fn} ]; then ${fn} "$@"; else compdef ${fn} ${name}; fi
`;
}

function commandCase({ name, flags, argument }: CommandWords): string {
  const choices = argument?.choices ?? [];
  const of = choices.length > 0 ? `(${choices.join(' ')})` : '_files';
  const specs = [...flags.map(specOf), ...(argument ? [quoted(`1:argument:${of}`)] : [])];
  return `        ${name}) _arguments ${specs.join(' ')} ;;`;
}

/** One flag; if it has two names, only one of them is offered. */
function specOf({ names, description, value }: FlagWords): string {
  const about = `[${description.replaceAll(/[[\]:\\]/g, '\\$&')}]${value ? ACTIONS[value] : ''}`;
  if (names.length === 1) return quoted(names[0] + about);
  return `${quoted(`(${names.join(' ')})`)}{${names.join(',')}}${quoted(about)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
