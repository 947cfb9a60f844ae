import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { identities } from '../../support/identities.ts'
import { isProgramMissing, needs } from '../../support/programs.ts'
import { bedrockStackForFile } from '../support/bedrock-stack.ts'
import { startChromium } from './chromium.ts'
import type { Engine, StartEngine } from './engine.ts'
import { firefoxProgram, startFirefox } from './firefox.ts'
import { Reader } from './reader.ts'
import { miniBrowser, startWebKit } from './webkit.ts'

const { ada } = identities
const system = await bedrockStackForFile()

const lacksWebKit = ['WebKitWebDriver', 'Xvfb'].some(isProgramMissing) || miniBrowser === undefined

// biome-ignore format: table
const engines: readonly { readonly name: string; readonly start: StartEngine; readonly program: string; readonly isMissing: boolean }[] = [
  { name: 'Chromium', start: startChromium, program: 'chromium', isMissing: isProgramMissing('chromium') },
  { name: 'Firefox', start: startFirefox, program: 'firefox', isMissing: firefoxProgram === undefined },
  { name: 'WebKit', start: startWebKit, program: 'webkit2gtk-driver with xvfb', isMissing: lacksWebKit },
]

describe.each(engines)('in $name', ({ start, program, isMissing }) => {
  needs(program, isMissing)

  it('these work: both flows with and without a model, sign-in at the first click, Compare, Side by side, the report, a width of 320 px', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'engine-'))
    onTestFinished(() => rm(folder, { recursive: true, maxRetries: 3 }))
    await using engine = await start(folder)
    const reader = new Reader(engine)
    await engine.resize(1280, 700)
    await engine.open(system.agentUrl)
    await reader.sees('Watch an agent prove who it is.')
    await watchFaults(engine)

    await reader.presses('Weather in Dallas?')
    await reader.sees('The agent called Weather API as itself.')
    await signIn(engine, reader)
    await reader.presses('For me')
    await reader.asks('Oslo?')
    await reader.sees('The agent called Weather API for you.')
    await reader.focuses('[aria-label="Execution mode"]')
    await engine.press('ArrowDown')
    await reader.asks('Rome?')
    await reader.sees('for you · Bedrock')
    await reader.presses('As itself')
    await reader.asks('Weather in Lima?')
    await reader.sees('as itself · Bedrock')

    await reader.presses('Compare')
    await reader.sees('By which right')
    await reader.presses('Side by side')
    await reader.presses('Ask both')
    await reader.sees('What changes is whose right it uses: its own, or yours.')
    await reader.presses('Conversation')

    await reader.presses('Share')
    await reader.presses('Save')
    const report = await downloadedReport(folder)

    await engine.resize(320, 640)
    for (const pane of ['Conversation', 'Identity Trace']) {
      await reader.presses(pane)
      expect(await engine.evaluate('[innerWidth, document.documentElement.scrollWidth]'), pane).toEqual([
        320, 320,
      ])
    }
    // This error of WebKit says only that a ResizeObserver will be called in the next frame.
    expect(await engine.evaluate(`faults.filter(fault => !fault.includes('ResizeObserver loop'))`)).toEqual(
      [],
    )

    await engine.open(report)
    await reader.sees('people and tenant left out')
    expect(await engine.evaluate('document.documentElement.outerHTML')).not.toContain(ada.oid)
  })
})

/** Records in `faults` the page's uncaught errors, rejected promises and violations of its Content-Security-Policy. */
async function watchFaults(engine: Engine): Promise<void> {
  await engine.evaluate(`(globalThis.faults = [], ['error', 'unhandledrejection', 'securitypolicyviolation'].forEach(type =>
    addEventListener(type, event => faults.push(type + ': ' + (event.message ?? event.reason ?? event.violatedDirective)))))`)
}

async function signIn(engine: Engine, reader: Reader): Promise<void> {
  const [main = ''] = await engine.windows()
  await reader.presses('Sign in')
  await expect.poll(() => engine.windows()).toHaveLength(2)
  const popup = (await engine.windows()).find(window => window !== main)
  await engine.switchTo(popup ?? '')
  await reader.presses(ada.name)
  await engine.switchTo(main)
  await reader.finds(`Signed in as ${ada.name}`)
}

/** The URL of the report that was saved, once it is there. */
async function downloadedReport(folder: string): Promise<string> {
  const report = async () => (await readdir(folder)).find(name => /^identity-trace-.*\.html$/.test(name))
  await expect.poll(report).toBeDefined()
  return pathToFileURL(join(folder, (await report()) ?? '')).href
}
