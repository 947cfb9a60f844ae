import { join } from 'node:path'
import { autonomousClaims } from '@entra-agents/tokens/testing/agent-claims'
import { badTokens } from '@entra-agents/tokens/testing/corpus'
import { createIssuer } from '@entra-agents/tokens/testing/token-issuer'
import type { ChatResponse, PausedResponse } from '@entra-agents/trace'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { identities } from '../support/identities.ts'
import { findFreePort } from '../support/ports.ts'
import { postJson } from '../support/post-json.ts'
import { addToolset, beginSecondApi } from './clone.ts'
import { root } from './project.ts'
import type { GuideWalk } from './walk.ts'

const tasksApi = {
  appId: '99999999-0000-4000-8000-00000000000a',
  role: 'Tasks.Read.All',
  scope: 'Tasks.Read',
}

let walk: GuideWalk
let clone: string
beforeAll(async () => {
  const parts =
    '.env.example .gitignore k8s emulators packages scripts services LICENSE Makefile biome.json package.json package-lock.json tsconfig.json'
  ;({ walk, clone } = await beginSecondApi(parts.split(' ')))
  addToolset(clone, walk)
  await walk.start(walk.commandWith('server.mjs'), 'Server listening')
  await walk.startDemo(walk.linesWith('run demo'))
}, 300_000)
afterAll(() => walk.end())

describe('an API that a reader adds by the guide alone', () => {
  it('is written in the style of this repository', async () => {
    const biome = join(root, 'node_modules/.bin/biome')
    await walk.run(
      `cd ${clone} && ${biome} check services/agent/src/config.ts services/agent/src/tools/tasks`,
    )
  })

  it.each([
    ['get_tasks', 'Use get_tasks for project Apollo', { project: 'Apollo' }],
    ['search_tasks', 'Use search_tasks with words “rocket”', { words: 'rocket' }],
  ])('runs the tool %s for the agent and users, and says what it checked', async (name, message, args) => {
    const ada = await walk.signIn(identities.ada.oid)
    // biome-ignore format: table
    const expected = [
      [{ message }, { oid: identities.agentId, roles: ['Tasks.Read.All'] }, 'as itself'],
      [{ message, token: ada }, { oid: identities.ada.oid, scp: 'Tasks.Read Tasks.ReadWrite' }, `on behalf of user ${identities.ada.oid}`],
    ] as const
    for (const [changes, claims, words] of expected) {
      const { answer, tools, trace } = await walk.ask(changes)
      expect(tools).toEqual([{ name, arguments: args, status: 'ok' }])
      expect(answer).toContain('Build the rocket')
      const card = trace.find(({ token }) => token?.claims?.['aud'] === tasksApi.appId)?.token
      expect(card).toMatchObject({ role: 'TR', claims: { azp: identities.agentId, ...claims } })
      expect(card?.verifiedBy?.map(({ actor }) => actor)).toEqual(['agent', 'tasks-api'])
      expect(trace.find(({ kind, from }) => kind === 'validation' && from === 'tasks-api')?.title).toBe(
        `The Tasks API verified TR: agent ${identities.agentId} acts ${words}`,
      )
    }
  })

  it('changes something only after the user has approved exactly that change', async () => {
    const ada = await walk.signIn(identities.ada.oid)
    const titles = async () => {
      const { answer } = await walk.ask({ message: 'Tasks of Apollo', mode: 'direct', token: ada })
      return answer.split('; ')
    }
    const before = await titles()
    const message = 'Use add_task with title “Fuel the rocket” for project Apollo'
    const paused = (await walk.ask({ message, token: ada })) as unknown as PausedResponse
    const task = { project: 'Apollo', title: 'Fuel the rocket' }
    expect(paused).toMatchObject({
      status: 'paused',
      kind: 'approval',
      calls: [{ tool: 'add_task', title: 'Add task', api: 'tasks-api', effect: 'create', arguments: task }],
    })
    expect(await titles()).toEqual(before)
    const decide = async (decision: 'approve' | 'deny') => {
      const { continuation, calls } = paused
      const decisions = calls.map(({ callId, digest }) => ({ callId, digest, decision }))
      const body = { mode: 'bedrock', flow: 'obo', continuation, decisions }
      const response = await postJson(`${walk.url('3001')}/api/chat/continue`, body, { token: ada })
      return (await response.json()) as ChatResponse
    }
    const { tools, trace } = await decide('approve')
    expect(tools).toEqual([{ name: 'add_task', arguments: task, status: 'ok' }])
    expect(trace.find(({ token }) => token?.role === 'TR')?.token?.claims?.['scp']).toBe(
      'Tasks.Read Tasks.ReadWrite',
    )
    await decide('approve')
    expect(await titles()).toEqual([...before, 'Fuel the rocket'])
  })

  it('offers the agent no tool that changes something if no user is there to approve', async () => {
    const message = 'Use add_task with title “Fuel the rocket” for project Apollo'
    expect((await walk.ask({ message })).tools.map(({ name }) => name)).not.toContain('add_task')
  })

  it('is called without a model too, even at the same time as the weather API, and each API gets a token of its own', async () => {
    expect((await walk.ask()).answer).toContain('Find a launch site')
    const [tasks, weather] = await Promise.all(
      ['Tasks of Gemini', 'Weather in Oslo?'].map(message => walk.ask({ message, mode: 'direct' })),
    )
    const audienceOf = (reply: ChatResponse | undefined) =>
      reply?.trace.find(({ token }) => token?.role === 'TR')?.token?.claims?.['aud']
    expect(tasks?.answer).toBe('Dock two capsules')
    expect(audienceOf(tasks)).toBe(tasksApi.appId)
    expect(weather?.answer).toContain('Oslo')
    expect(audienceOf(weather)).toBe(identities.weatherAppId)
  })

  it('is listed in /api/config and /api/status', async () => {
    const get = async (path: string) => (await fetch(`${walk.url('3001')}${path}`)).json() as Promise<unknown>
    expect(await get('/api/config')).toMatchObject({
      apis: expect.arrayContaining([{ name: 'tasks-api', title: 'Tasks API', appId: tasksApi.appId }]),
      examples: expect.arrayContaining(['Tasks of Apollo']),
    })
    await expect
      .poll(() => get('/api/status'))
      .toMatchObject({ components: { tasks_api: { state: 'ready' } } })
  })

  it('refuses every bad token on both routes, and accepts a good one', async () => {
    const issuer = await createIssuer()
    const port = await findFreePort()
    await walk.start(walk.commandWith('server.mjs'), 'Server listening', {
      ENTRA_AUTHORITY: issuer.url,
      PORT: String(port),
    })
    const statuses = async (token: string) => {
      const url = `http://localhost:${port}/tasks`
      const headers = { authorization: `Bearer ${token}` }
      const read = await fetch(`${url}?project=Apollo`, { headers })
      const search = await postJson(`${url}/search`, { words: 'rocket' }, { token })
      return [read.status, search.status]
    }
    const right = issuer.sign(autonomousClaims({ authority: issuer.url, api: tasksApi }))
    expect(await statuses(right)).toEqual([200, 200])
    for (const { name, token, status } of badTokens(issuer, tasksApi))
      expect([name, ...(await statuses(token))]).toEqual([name, status, status])
    expect(await statuses(right)).toEqual([200, 200])
    await issuer.close()
  })
})
