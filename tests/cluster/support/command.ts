import { type RunOptions, run } from '../../support/run.ts'

export function kubectl(args: readonly string[], options?: RunOptions): Promise<string> {
  return run('kubectl', args, options)
}

export function helm(args: readonly string[], options?: RunOptions): Promise<string> {
  return run('helm', args, options)
}
