import { Compile } from 'typebox/compile'
import { expect, it } from 'vitest'
import { ChatRequest } from './chat.ts'
import { flowNames, flows, mapFlows, needsUser } from './flows.ts'
import { PublicConfig, Status } from './status.ts'

it('A chat request is valid with each flow, and invalid with another value as its flow', () => {
  const request = Compile(ChatRequest)
  const isTaken = (flow: string) => request.Check({ message: 'x', mode: 'direct', flow })
  expect(flowNames.every(isTaken)).toBe(true)
  expect(['', 'OBO', 'toString', 'agent'].some(isTaken)).toBe(false)
})

it('The status and the page’s configuration have every flow', () => {
  expect(Object.keys(Status.properties.flows.properties)).toEqual(Object.keys(flows))
  expect(PublicConfig.properties.flows.items).toMatchObject({ enum: Object.keys(flows) })
})

it('mapFlows makes a value for each flow', () => {
  expect(mapFlows(needsUser)).toEqual({ autonomous: false, obo: true, 'agent-user': false })
})

it('Flows that share an entry of the sidecar have the same `requestAppToken`', () => {
  const settings = new Map<string, boolean>()
  for (const { sidecarEntry } of Object.values(flows)) {
    const { suffix, requestAppToken } = sidecarEntry
    expect(settings.get(suffix) ?? requestAppToken).toBe(requestAppToken)
    settings.set(suffix, requestAppToken)
  }
})
