/** Where log lines go: a pino logger or `console`. Lines have ids and codes, never a token. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

const ignore = () => {}

export const noLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore }
