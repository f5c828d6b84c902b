export interface FrozenContent {
  readonly schema: readonly string[];
  readonly rows: readonly string[];
  readonly checks: Readonly<Record<string, ReadonlyArray<Record<string, unknown>>>>;
}
export const content: Record<'postgres' | 'mysql' | 'sqlite', FrozenContent>;
export const files: Readonly<Record<string, string>>;
export const FROZEN_AES_KEY: string;
