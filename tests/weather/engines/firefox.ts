import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isProgramMissing } from '../../support/programs.ts'
import { clickActions, type Engine, keyActions, keyCodes } from './engine.ts'
import { Program } from './program.ts'

const preferences = {
  // WebDriver BiDi would otherwise allow windows that no click opened.
  'dom.disable_open_during_load': true,
  'browser.download.folderList': 2,
  'browser.download.useDownloadDir': true,
  'browser.download.always_ask_before_handling_new_types': false,
}

/** The program, for which Debian has another name than Mozilla. */
export const firefoxProgram = ['firefox-esr', 'firefox'].find(program => !isProgramMissing(program))

/** Starts Firefox, which speaks WebDriver BiDi itself. */
export async function startFirefox(folder: string): Promise<Engine> {
  const lines = Object.entries({ ...preferences, 'browser.download.dir': folder }).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  )
  await writeFile(join(folder, 'user.js'), lines.join(''))
  const program = new Program(
    firefoxProgram ?? 'firefox',
    ['--headless', '--no-remote', '--profile', folder, '--remote-debugging-port', '0', 'about:blank'],
    { HOME: folder },
  )
  try {
    return await connect(program, await program.prints(/WebDriver BiDi listening on (ws:\S+)\s/))
  } catch (error) {
    await program[Symbol.asyncDispose]()
    throw error
  }
}

async function connect(program: Program, url: string): Promise<Engine> {
  const socket = new WebSocket(`${url}/session`)
  const pending = new Map<number, PromiseWithResolvers<CommandResult>>()
  let latest = 0
  socket.addEventListener('message', ({ data }) => {
    const { id, type, error, message, result }: Reply = JSON.parse(data)
    const command = pending.get(id ?? 0)
    pending.delete(id ?? 0)
    if (type === 'error') command?.reject(new Error(`${error}: ${message}`))
    else command?.resolve(result)
  })
  socket.addEventListener('close', () => {
    for (const command of pending.values()) command.reject(new Error('Firefox has ended.'))
  })
  const send = (method: string, params: object = {}): Promise<CommandResult> => {
    const command = Promise.withResolvers<CommandResult>()
    latest += 1
    pending.set(latest, command)
    socket.send(JSON.stringify({ id: latest, method, params }))
    return command.promise
  }
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  await send('session.new', { capabilities: {} })
  const windows = async () => {
    const { contexts = [] } = await send('browsingContext.getTree')
    return contexts.map(({ context }) => context)
  }
  let [context = ''] = await windows()
  const perform = async (actions: readonly object[]) =>
    void (await send('input.performActions', { context, actions }))
  return {
    open: async url => void (await send('browsingContext.navigate', { context, url, wait: 'complete' })),
    resize: async (width, height) =>
      void (await send('browsingContext.setViewport', { context, viewport: { width, height } })),
    async evaluate(expression) {
      const { type, result, exceptionDetails } = await send('script.evaluate', {
        expression: `Promise.resolve(${expression}).then(value => JSON.stringify(value))`,
        target: { context },
        awaitPromise: true,
        userActivation: false,
      })
      if (type === 'exception') throw new Error(exceptionDetails?.text)
      return result?.value === undefined ? undefined : JSON.parse(result.value)
    },
    click: (x, y) => perform(clickActions(x, y)),
    type: text => perform(keyActions(text)),
    press: key => perform(keyActions(keyCodes[key])),
    windows,
    switchTo: async window => {
      context = window
    },
    async [Symbol.asyncDispose]() {
      socket.close()
      await program[Symbol.asyncDispose]()
    },
  }
}

/** An answer to a command, or an event, which has no id. */
interface Reply {
  readonly id?: number
  readonly type: string
  readonly error?: string
  readonly message?: string
  readonly result: CommandResult
}

/** What this file reads of the result of a command. */
interface CommandResult {
  readonly contexts?: readonly { readonly context: string }[]
  readonly type?: string
  readonly result?: { readonly value?: string }
  readonly exceptionDetails?: { readonly text: string }
}
