import { existsSync } from 'node:fs'
import { launcherOf } from '../../scripts/tools/tool.ts'

const candidates = [launcherOf('chromium'), '/usr/bin/chromium-headless-shell']

/** The path of Chromium: from CHROMIUM_PATH, from `make tools`, or Debian's. */
export const chromiumPath =
  process.env['CHROMIUM_PATH'] || candidates.find(path => existsSync(path)) || '/usr/bin/chromium'
