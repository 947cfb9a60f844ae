import { expect } from 'vitest'
import type { Engine } from './engine.ts'

/** Somebody who reads the page and presses what it names. */
export class Reader {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Waits until the page shows this text. */
  async sees(text: string): Promise<void> {
    await this.#until(`document.body.innerText.includes(${JSON.stringify(text)})`, text)
  }

  /** Waits for the button, tab or choice of this name, or else one whose name begins with it, and returns its centre. */
  async finds(name: string): Promise<readonly [number, number]> {
    return (await this.#until(`(${centreScript})(${JSON.stringify(name)})`, name)) as [number, number]
  }

  async presses(name: string): Promise<void> {
    await this.#engine.click(...(await this.finds(name)))
  }

  async focuses(selector: string): Promise<void> {
    await this.#engine.evaluate(`document.querySelector(${JSON.stringify(selector)}).focus()`)
  }

  /** Writes a question and sends it, and waits for the whole answer. */
  async asks(question: string): Promise<void> {
    const earlier = Number(await this.#engine.evaluate(answerCountScript))
    await this.focuses('#message')
    await this.#engine.type(question)
    await this.#engine.press('Enter')
    await this.#until(`${answerCountScript} > ${earlier}`, question)
  }

  /** Waits until an expression is no longer false or null in the page, and returns its value. */
  async #until(expression: string, what: string): Promise<unknown> {
    let value: unknown
    const isTrue = async () => {
      value = await this.#engine.evaluate(expression)
      return Boolean(value)
    }
    await expect.poll(isTrue, { message: what }).toBe(true)
    return value
  }
}

/** The number of complete answers, which are those that show how long they took. */
const answerCountScript = `document.querySelectorAll('.timing').length`

/** Runs in the page, and returns the centre of the element with this name, or `null`. */
const centreScript = `name => {
  const nameOf = it => (it.ariaLabel ?? it.textContent).trim()
  const named = [...document.querySelectorAll('button, [role=tab], label')].filter(it =>
    it.getClientRects().length > 0 && nameOf(it).startsWith(name))
  const it = named.find(it => nameOf(it) === name) ?? named[0]
  it?.scrollIntoView({ block: 'nearest' })
  const box = it?.getBoundingClientRect()
  return box ? [box.left + box.width / 2, box.top + box.height / 2] : null
}`
