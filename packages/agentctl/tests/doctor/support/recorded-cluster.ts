import { rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { beforeEach, vi } from 'vitest'

/** In the tests of a file, kubectl gives recorded answers, and the AWS SDK finds no credentials of this machine. */
export function useRecordedCluster() {
  const folder = temporaryFolder()
  const stub = () => {
    vi.stubEnv('PATH', `${join(import.meta.dirname, 'recorded-cluster')}${delimiter}${process.env['PATH']}`)
    vi.stubEnv('RECORDED_CLUSTER', folder)
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  }
  beforeEach(stub)
  /** Records answers by their questions; where an answer is `undefined`, kubectl's user is not allowed to ask. */
  const record = (answers: Readonly<Record<string, string | undefined>>): void => {
    for (const [question, answer] of Object.entries(answers)) {
      if (answer === undefined) rmSync(join(folder, question), { force: true })
      else writeFileSync(join(folder, question), answer)
    }
  }
  return { folder, stub, record }
}
