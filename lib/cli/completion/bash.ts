import type { CommandWords, FlagWords, ProgramWords, ValueKind } from './words.js';

const REPLIES: Readonly<Record<ValueKind, string>> = {
  // Without a reply bash completes file names itself, and quotes them as needed.
  file: 'return',
  directory: `compopt -o dirnames +o default; return`,
  other: 'compopt +o default; return',
};

/** For bash 4.4 and later. */
export function bashScript({ name, flags, commands }: ProgramWords): string {
  const fn = `_${name.replaceAll(/\W/g, '_')}`;
  return `# Completion of ${name} for bash. Made by: ${name} completion bash
${fn}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} words=''
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${[...commands.map((one) => one.name), ...namesOf(flags)].join(' ')}' -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]} $previous" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${commands.map(wordCase).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F ${fn} ${name}
`;
}

function namesOf(flags: readonly FlagWords[]): string[] {
  return flags.flatMap(({ names }) => names);
}

function valueCases({ name, flags }: CommandWords): string[] {
  return flags.flatMap(({ names, value }) => {
    if (!value) return [];
    return [`    ${names.map((flag) => `'${name} ${flag}'`).join(' | ')}) ${REPLIES[value]} ;;`];
  });
}

/** Flags after a dash, otherwise the possible arguments. */
function wordCase({ name, flags, argument }: CommandWords): string {
  const choices = argument?.choices ?? [];
  const flagWords = namesOf(flags).join(' ');
  if (choices.length > 0) return `    ${name}) words='${[...choices, flagWords].join(' ')}' ;;`;
  const others = argument ? 'return' : `words='${flagWords}'`;
  return `    ${name}) case "$current" in -*) words='${flagWords}' ;; *) ${others} ;; esac ;;`;
}
