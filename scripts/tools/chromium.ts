import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { run } from './run.ts'
import type { Attempt, Program, Tool } from './tool.ts'
import { fromRelease, platform, unpackFromNpm } from './ways.ts'

const platforms: Readonly<Record<string, string>> = {
  'linux-amd64': 'linux64',
  'linux-arm64': 'linux-arm64',
  'darwin-amd64': 'mac-x64',
  'darwin-arm64': 'mac-arm64',
}

/** Contains Chromium, the libraries and the font that it needs, for linux-amd64 only. */
const npmPackage = '@sparticuz/chromium@153.0.0'

export const chromium: Tool = {
  name: 'chromium',
  version: '153.0.8010',
  names: [
    ...(process.env['CHROMIUM_PATH'] ? [process.env['CHROMIUM_PATH']] : []),
    // The headless shell takes less than half the time of the full browser.
    'chromium-headless-shell',
    'chromium',
    'chromium-browser',
    'google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  ways: [
    fromRelease(
      'https://cdn.playwright.dev/builds/cft/153.0.8010.12/{platform}/chrome-headless-shell-{platform}.zip',
      'chrome-headless-shell-{platform}/chrome-headless-shell',
      platform => platforms[platform] ?? '',
    ),
    {
      name: `npm's ${npmPackage}`,
      activity: 'downloading',
      get: getWithLibraries,
    },
  ],
  advice: 'sudo apt-get install chromium; or Google Chrome; or set CHROMIUM_PATH',
  check: showPage,
}

/** Opens a page, since without some libraries or fonts Chromium starts but pages stay empty. */
async function showPage({ executable, env = {} }: Program): Promise<void> {
  const { chromium: playwright } = await import('playwright-core')
  const browser = await playwright
    .launch({
      executablePath: executable,
      env: { ...process.env, ...env },
      args: ['--no-sandbox', '--disable-gpu'],
      timeout: 30_000,
    })
    .catch(error => {
      throw new Error(`${executable} does not start: ${reasonOf(String(error))}`)
    })
  try {
    const page = await browser.newPage()
    page.setDefaultTimeout(20_000)
    await page.setContent('<p>text</p>')
    const box = await page.locator('p').boundingBox()
    if (!box?.height) throw new Error(`${executable} draws no text`)
  } finally {
    await browser.close()
  }
}

/** The line of Playwright's output that gives the reason. */
function reasonOf(output: string): string {
  return /error while loading shared libraries: .*/.exec(output)?.[0] ?? output.split('\n')[0] ?? ''
}

/** Fetches the package with the user's configuration of npm. */
async function getWithLibraries(attempt: Attempt): Promise<Program | undefined> {
  if (platform !== 'linux-amd64') return undefined
  const { signal } = attempt
  const folder = await unpackFromNpm(npmPackage, attempt)
  const executable = join(folder, 'chromium')
  await inflate(join(folder, 'bin/chromium.br'), executable)
  for (const name of ['al2023', 'fonts']) {
    const archive = join(folder, `${name}.tar`)
    await inflate(join(folder, `bin/${name}.tar.br`), archive)
    await run('tar', ['-xf', archive, '-C', folder], { signal })
  }
  const fontconfig = join(folder, 'fontconfig.xml')
  await mkdir(join(folder, 'font-cache'), { recursive: true })
  await writeFile(
    fontconfig,
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${folder}/fonts</dir>
  <cachedir>${folder}/font-cache</cachedir>
</fontconfig>
`,
  )
  return { executable, env: { LD_LIBRARY_PATH: join(folder, 'lib'), FONTCONFIG_FILE: fontconfig } }
}

async function inflate(compressed: string, file: string): Promise<void> {
  await writeFile(file, brotliDecompressSync(await readFile(compressed)), { mode: 0o755 })
}
