import { useState } from 'preact/hooks';

/**
 * Runs one thing at a time and keeps its error until the next attempt. Buttons are `aria-disabled` meanwhile, not `disabled`,
 * which would lose the focus to which a dialog returns.
 */
export function useAction() {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const run = async (action: () => Promise<void>) => {
    if (isBusy) return;
    setBusy(true);
    setError(null);
    try {
      await action();
    } catch (caught) {
      setError(caught ?? new Error('Failed.'));
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, error, run };
}
