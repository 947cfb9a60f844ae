import { Compile } from 'typebox/compile'
import { expect, it } from 'vitest'
import { ChatRequest } from './chat.ts'
import { flowNames, flows, mapFlows, needsUser } from './flows.ts'
import { PublicConfig, Status } from './status.ts'

it('Every flow can be asked for, and nothing else', () => {
  const request = Compile(ChatRequest)
  const isTaken = (flow: string) => request.Check({ message: 'x', mode: 'direct', flow })
  expect(flowNames.every(isTaken)).toBe(true)
  expect(['', 'OBO', 'toString', 'agent'].some(isTaken)).toBe(false)
})

it('The status and the page’s configuration have every flow', () => {
  expect(Object.keys(Status.properties.flows.properties)).toEqual(Object.keys(flows))
  expect(PublicConfig.properties.flows.items).toMatchObject({ enum: Object.keys(flows) })
})

it('A value is made for each flow', () => {
  expect(mapFlows(needsUser)).toEqual({ autonomous: false, obo: true, 'agent-user': false })
})

it('No two flows share an entry of the sidecar with other settings', () => {
  const settings = new Map<string, boolean>()
  for (const { sidecarEntry } of Object.values(flows)) {
    const { suffix, requestAppToken } = sidecarEntry
    expect(settings.get(suffix) ?? requestAppToken).toBe(requestAppToken)
    settings.set(suffix, requestAppToken)
  }
})
