import { existsSync } from 'node:fs'

const headlessShell = '/usr/bin/chromium-headless-shell'

/**
 * The Chromium that shows the pages: what CHROMIUM_PATH names, else the headless shell, which needs less than half the
 * time since it draws no window around each page, else Chromium itself.
 */
export const chromiumPath =
  process.env['CHROMIUM_PATH'] || (existsSync(headlessShell) ? headlessShell : '/usr/bin/chromium')
