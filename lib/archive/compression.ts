/** How the content of entries is compressed. */
export type Compression = 'deflate' | 'zstd';

/** The highest level of each. */
export const HIGHEST_LEVEL: Readonly<Record<Compression, number>> = { deflate: 9, zstd: 19 };

/** Compression methods of a ZIP. */
export const STORED = 0;
export const DEFLATED = 8;
export const ZSTANDARD = 93;
