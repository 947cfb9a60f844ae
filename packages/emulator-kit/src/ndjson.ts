/** Rows as lines of JSON (https://github.com/ndjson/ndjson-spec). */
export const toNdjson = (rows: readonly object[]) => rows.map(row => `${JSON.stringify(row)}\n`).join('')
