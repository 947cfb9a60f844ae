import type { FastifySchemaValidationError } from 'fastify/types/schema.js'
import { problem } from '../problems.ts'

const lengthKeywords = new Set(['maxItems', 'maxLength'])

/** Describes which part of a request does not match its schema. */
export function explainRequestFault(errors: FastifySchemaValidationError[], part: string): Error {
  const [fault] = errors
  if (!fault) return problem('INVALID_REQUEST', `The ${part} is invalid.`)
  const where = [part, ...fault.instancePath.split('/').slice(1)].join('.')
  const unknown = fault.params['additionalProperty']
  if (typeof unknown === 'string') {
    return problem(
      'INVALID_REQUEST',
      `${where} has the unknown field ${JSON.stringify(unknown.slice(0, 100))}.`,
    )
  }
  const isTooMuch = lengthKeywords.has(fault.keyword) && /^\/(message|history)\b/.test(fault.instancePath)
  const code = isTooMuch ? 'MESSAGE_TOO_LONG' : 'INVALID_REQUEST'
  const { allowedValues } = fault.params
  const choices = Array.isArray(allowedValues) ? `: ${allowedValues.join(', ')}` : ''
  return problem(code, `${where} ${fault.message ?? 'is invalid'}${choices}.`)
}
