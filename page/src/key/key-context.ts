import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

/**
 * Runs an action with the backup key, which is asked for when it is not known yet, and again as long as it is wrong.
 * @param purpose what the key is for, as in `To download a backup`
 * @returns undefined when the reader gave up. @throws whatever the action throws, except that the key is wrong
 */
export type WithKey = <Result>(
  purpose: string,
  action: (key: string) => Promise<Result>,
) => Promise<Result | undefined>;

export const KeyContext = createContext<WithKey>(() => Promise.resolve(undefined));
export const useWithKey = () => useContext(KeyContext);
