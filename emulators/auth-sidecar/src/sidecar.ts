import type { Config } from './config.ts'
import type { TokenAcquirer } from './tokens/token-acquirer.ts'

/** What the routes work with. */
export interface Sidecar {
  readonly config: Config
  readonly tokens: TokenAcquirer
}
