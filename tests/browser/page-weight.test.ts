import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'
import { config, status } from './support/turns.ts'

const kilobyte = 1000
const browser = useBrowser()
let agent: ScriptedAgent

beforeAll(async () => {
  agent = await ScriptedAgent.start()
  agent.config = config
  agent.status = status
})
afterAll(() => agent?.close())

it('the page needs at most 30 kB of JavaScript (gzip) before somebody wants to sign in', async () => {
  const page = await browser.open('about:blank')
  const scripts: Promise<Buffer>[] = []
  page.on('response', response => {
    if (response.url().endsWith('.js')) scripts.push(response.body())
  })
  await page.goto(agent.url, { waitUntil: 'networkidle' })
  await page.getByRole('button', { name: 'Weather in Dallas?' }).waitFor()
  const firstPaint = await Promise.all(scripts.splice(0))
  expect(firstPaint.length).toBeGreaterThan(0)
  const bytes = firstPaint.reduce((sum, body) => sum + gzipSync(body, { level: 9 }).length, 0)
  expect(bytes).toBeLessThanOrEqual(30 * kilobyte)

  // MSAL comes when sign-in is near, and not before.
  await page.getByRole('button', { name: 'Sign in' }).hover()
  await expect.poll(() => scripts.length).toBe(1)
  await Promise.all(scripts)
})
