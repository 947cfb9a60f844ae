import { existsSync } from 'node:fs'
import { launcherOf } from '../../scripts/tools/tool.ts'

const candidates = [launcherOf('chromium'), '/usr/bin/chromium-headless-shell']

/** The Chromium that shows the pages: what CHROMIUM_PATH names, or `make tools` found, or Debian has. */
export const chromiumPath =
  process.env['CHROMIUM_PATH'] || candidates.find(path => existsSync(path)) || '/usr/bin/chromium'
