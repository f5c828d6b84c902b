import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

/** Asks for the state at once: for those who have changed it. */
export const RefreshContext = createContext<() => void>(() => {});
export const useRefresh = () => useContext(RefreshContext);
