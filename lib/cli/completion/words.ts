import type { Argument, Command, Option } from 'commander';

/** What a value is, as far as a shell can help with it. */
export type ValueKind = 'file' | 'directory' | 'other';

export interface FlagWords {
  /** `-o`, `--output`. */
  readonly names: readonly string[];
  readonly description: string;
  /** Absent for a flag without a value. */
  readonly value?: ValueKind;
}

export interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly FlagWords[];
  /** Its argument: one of these words, or a file if there are none. Absent for a command without an argument. */
  readonly argument?: { readonly choices: readonly string[] };
}

export interface ProgramWords {
  readonly name: string;
  readonly flags: readonly FlagWords[];
  readonly commands: readonly CommandWords[];
}

/** The commands and flags of a program, from its definition. */
export function wordsOf(program: Command): ProgramWords {
  return { name: program.name(), flags: flagsOf(program), commands: program.commands.map(commandOf) };
}

function commandOf(command: Command): CommandWords {
  const [argument] = command.registeredArguments as readonly Argument[];
  return {
    name: command.name(),
    description: command.description(),
    flags: flagsOf(command),
    ...(argument && { argument: { choices: argument.argChoices ?? [] } }),
  };
}

function flagsOf(command: Command): FlagWords[] {
  return command.createHelp().visibleOptions(command).map(flagOf);
}

function flagOf({ short, long, description, flags, required }: Option): FlagWords {
  const names = [short, long].filter((name) => name !== undefined);
  return { names, description, ...(required && { value: kindOf(flags) }) };
}

function kindOf(flags: string): ValueKind {
  if (/<(file|path)>/.test(flags)) return 'file';
  return /<directory>/.test(flags) ? 'directory' : 'other';
}
