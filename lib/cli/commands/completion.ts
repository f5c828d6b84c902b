import type { Command } from 'commander';
import { bashScript } from '../completion/bash.js';
import { fishScript } from '../completion/fish.js';
import { type ProgramWords, wordsOf } from '../completion/words.js';
import { zshScript } from '../completion/zsh.js';

const SCRIPTS: Readonly<Record<string, (words: ProgramWords) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** A script that completes the commands and options of a program, made from its definition. */
export function completionScript(program: Command, shell: string): string {
  return SCRIPTS[shell]!(wordsOf(program));
}
