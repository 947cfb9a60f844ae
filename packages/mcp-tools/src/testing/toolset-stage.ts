import { withToolContext } from '@entra-agents/approval'
import type { Permit } from '@entra-agents/identity/core'
import { agent } from '@entra-agents/identity/testing/fixtures'
import { apiCallerOf, grantingSidecar, startTestServer, turnOf } from '@entra-agents/identity/testing/stage'
import { expect, vi } from 'vitest'
import { createMcpToolset } from '../toolset.ts'
import { type NotesChanges, notesServer } from './notes-server.ts'
import { type Script, ScriptedMcpServers, tool } from './scripted-servers.ts'

/** Scripted servers, whose tools a turn gets. */
export class ToolsetStage {
  readonly servers = new ScriptedMcpServers()

  static async start(): Promise<ToolsetStage> {
    const stage = new ToolsetStage()
    await stage.servers.start()
    return stage
  }

  close(): Promise<void> {
    return this.servers.close()
  }

  /** The tools of a server that is scripted like this, as a turn gets them: of the agent itself, or of this user. */
  async load(script: Script, { api, ...changes }: NotesChanges = {}, user?: string) {
    // Every address has a query, as those of hosted runtimes have.
    const path = `${Object.keys(this.servers.scripts).length}/mcp?qualifier=DEFAULT`
    this.servers.scripts[path] = { tools: [tool('get_note')], ...script }
    const server = notesServer({
      api: { url: `${this.servers.url}/${path}`, isOptional: true, ...api },
      protocol: '2025-11-25',
      ...changes,
    })
    const sidecar = await startTestServer(grantingSidecar)
    const { caller, logger, lines } = apiCallerOf([server.api], sidecar.url)
    const toolset = createMcpToolset(server, { agents: [agent], apis: caller, logger })
    await toolset.source?.refresh()
    const turn = turnOf(user)
    const load = () => toolset.load(caller.for(turn))
    // On a busy machine, the look-up for a user can take longer than a turn waits for it.
    if (user) await vi.waitFor(async () => expect(await load()).not.toEqual([]), { timeout: 20_000 })
    const offered = await load()
    return {
      toolset,
      sidecar,
      turn,
      offered,
      lines,
      /** Calls a tool as a turn does. A permit makes it a call that a user has approved. */
      call: (name: string, approved?: Permit): Promise<unknown> => {
        const one = offered.find(({ tool }) => tool.name === name)
        if (!one) throw new Error(`${name} is not offered.`)
        return one.tool.invoke({}, withToolContext(caller.for(turn).under('step', approved)))
      },
      received: () => this.servers.received.filter(request => request.path === path),
      calls: () => this.servers.callsOf(path).map(({ message }) => message?.params),
    }
  }
}
