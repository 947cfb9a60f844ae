import { publicConfig } from '@entra-agents/trace-view/testing/public-config'
import { agentToken, apiCall, step, userId, userToken } from '@entra-agents/trace-view/testing/trace'
import { describe, expect, it } from 'vitest'
import { exchange } from '../testing/converse.ts'
import { exportContext } from '../testing/export-context.ts'
import { textOf } from '../testing/text-of.ts'
import { fitText, widthOf } from './fit-text.ts'
import { Picture } from './picture.tsx'
import { toExportedFile } from './write-file.ts'

const steps = [
  step('s', { kind: 'sign-in', token: userToken }),
  step('r', { kind: 'token-request' }),
  step('t', { kind: 'token', token: agentToken }),
  apiCall('c', agentToken, { response: { status: 200 } }),
]
const done = exchange('Orders for Ada Osei?', { state: 'done', steps })
const answered = { ...done, question: { ...done.question, flow: 'obo' } as const }

const linesOf = (config = publicConfig, withPersonalData = false) =>
  textOf(Picture({ file: toExportedFile([answered], { ...exportContext, config }, withPersonalData) })).split(
    '\n',
  )

describe('the picture of an answer', () => {
  it('holds verdict and formula, and by default nothing that tells who the user is', () => {
    const lines = linesOf()
    expect(lines).toEqual(
      expect.arrayContaining(['Who called', 'For whom', 'By which right', 'Tc', 'TR', 'Entra ID']),
    )
    expect(lines.join(' ')).toContain('left out by the sender')
    expect(lines.join(' ')).not.toMatch(/ada|osei|eeeeeeee|11111111/i)
    expect(linesOf(publicConfig, true).join('')).toContain(userId.slice(-4))
  })
})

describe('fitText', () => {
  it.each([
    ['Weather agent called Weather API for a user.', 2],
    ['one'.repeat(200), 1],
    ['一二三四五六七八九十'.repeat(20), 2],
    ['', 1],
  ])('keeps %j within its lines', (text, most) => {
    const lines = fitText(text, 400, 44, most)
    expect(lines.length).toBeLessThanOrEqual(most)
    for (const line of lines) expect(widthOf(line, 44)).toBeLessThanOrEqual(400)
  })

  it('loses no word that has room', () => {
    expect(fitText('Weather agent called Weather API.', 600, 44, 3).join(' ')).toBe(
      'Weather agent called Weather API.',
    )
  })
})
