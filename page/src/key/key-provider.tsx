import type { ComponentChildren } from 'preact';
import { useCallback, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/api-error.js';
import { KeyContext, type WithKey } from './key-context.js';
import { KeyDialog } from './key-dialog.js';

/** Somebody waits for a key. */
interface Question {
  readonly purpose: string;
  readonly isWrong: boolean;
  /** When it may be tried again, in ms since 1970; null for now. */
  readonly blockedUntil: number | null;
  readonly answer: (key: string | null) => void;
}

/** Keeps the backup key in memory, and nowhere else, until the page is closed or reloaded, or the key is forgotten. */
export function KeyProvider({ children }: { children: ComponentChildren }) {
  const key = useRef<string | null>(null);
  const [isKnown, setKnown] = useState(false);
  const [question, setQuestion] = useState<Question | null>(null);

  const remember = (next: string | null) => {
    key.current = next;
    setKnown(next !== null);
  };

  const withKey = useCallback<WithKey>(async (purpose, action) => {
    let problem: ApiError | null = null;
    for (;;) {
      const given = key.current ?? (await ask(purpose, problem));
      if (given === null) return undefined;
      try {
        const result = await action(given);
        remember(given);
        return result;
      } catch (error) {
        // Wrong keys of others block the right one as well: what is known is not asked for again because of them.
        const isKept = key.current !== null && !(error instanceof ApiError && error.code === 'WRONG_KEY');
        if (isKept || !isAboutKey(error)) {
          remember(given);
          throw error;
        }
        remember(null);
        problem = error;
      }
    }
  }, []);

  const ask = (purpose: string, problem: ApiError | null) =>
    new Promise<string | null>((resolve) => {
      setQuestion({
        purpose,
        isWrong: problem?.code === 'WRONG_KEY',
        blockedUntil: problem?.status === 429 ? Date.now() + (problem.retryAfter ?? 60) * 1000 : null,
        answer: (given) => {
          setQuestion(null);
          resolve(given);
        },
      });
    });

  return (
    <KeyContext.Provider value={withKey}>
      {children}
      {isKnown && (
        <footer class="key-note">
          The backup key is kept in this tab’s memory until you leave the page.{' '}
          <button type="button" onClick={() => remember(null)}>
            Forget the key
          </button>
        </footer>
      )}
      {question && <KeyDialog {...question} />}
    </KeyContext.Provider>
  );
}

function isAboutKey(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.code === 'WRONG_KEY' || error.code === 'TOO_MANY_WRONG_KEYS');
}
