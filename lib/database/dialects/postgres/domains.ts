/**
 * The domains of the columns of some relations, including those within arrays, composites and other domains.
 * @param $1 the oids of the relations
 */
export const DOMAINS_OF = `
  WITH RECURSIVE used AS (
    SELECT atttypid AS oid FROM pg_attribute WHERE attrelid = ANY($1::oid[]) AND attnum > 0 AND NOT attisdropped
    UNION
    SELECT part.oid FROM used JOIN pg_type t ON t.oid = used.oid CROSS JOIN LATERAL (
      SELECT t.typbasetype AS oid WHERE t.typtype = 'd'
      UNION ALL SELECT t.typelem WHERE t.typelem <> 0
      UNION ALL SELECT a.atttypid FROM pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid
        AND a.attnum > 0 AND NOT a.attisdropped
      UNION ALL SELECT r.rngsubtype FROM pg_range r WHERE r.rngtypid = t.oid) AS part)
  SELECT used.oid FROM used JOIN pg_type t ON t.oid = used.oid WHERE t.typtype = 'd'`;
