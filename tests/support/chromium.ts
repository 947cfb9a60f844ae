import { findProgram } from './programs.ts'

/** The path of Chromium: from CHROMIUM_PATH, from `make tools`, or on the PATH. */
export const chromiumPath = process.env['CHROMIUM_PATH'] || (findProgram('chromium') ?? 'chromium')
