import { publicConfig } from '@entra-agents/trace-view/testing/public-config'
import type { ExportContext } from '../report/write-file.ts'

/** The page that exports answers, with nobody signed in. */
export const exportContext: ExportContext = {
  config: publicConfig,
  host: 'localhost:3001',
  version: '0.1.0',
  account: undefined,
  now: new Date('2026-11-28T07:00:00Z'),
  source: undefined,
}
