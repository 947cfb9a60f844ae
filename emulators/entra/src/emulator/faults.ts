import { randomUUID } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { isAimedAt, type Leg, targets } from './legs.ts'

/** An order for trouble that has no cause inside this stand-in. */
export const FaultOrder = Type.Object(
  {
    leg: Type.Enum(targets, { description: 'Which requests are struck.' }),
    kind: Type.Enum(
      [
        'throttle',
        'unavailable',
        'slow',
        'hang',
        'reset',
        'malformed',
        'conditional-access',
        'refuse',
      ] as const,
      { description: 'What happens to them.' },
    ),
    count: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 10_000, description: 'How many requests; absent: until cleared.' }),
    ),
    retryAfterSeconds: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 3_600, description: 'Retry-After of throttle and unavailable.' }),
    ),
    delayMs: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 120_000, description: 'How long slow waits. Default 2000.' }),
    ),
    code: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 99_999_999,
        description: 'AADSTS code of refuse and conditional-access.',
      }),
    ),
    error: Type.Optional(
      Type.String({ maxLength: 64, description: 'OAuth error of refuse, if it is to differ.' }),
    ),
    status: Type.Optional(
      Type.Integer({ minimum: 400, maximum: 599, description: 'Status of refuse and malformed.' }),
    ),
  },
  { additionalProperties: false },
)
export type FaultOrder = Static<typeof FaultOrder>

export interface Fault extends FaultOrder {
  readonly id: string
  /** How many requests it still strikes; `null`: until cleared. */
  remaining: number | null
  /** What a sign-in has to fulfil to get past `conditional-access`. */
  readonly policyId: string
}

const maxFaults = 100

/** The orders in force, the oldest first. */
export class Faults {
  #faults: Fault[] = []

  get all(): readonly Fault[] {
    return this.#faults
  }

  order(order: FaultOrder): Fault {
    const fault = { ...order, id: randomUUID(), remaining: order.count ?? null, policyId: randomUUID() }
    this.#faults = [...this.#faults, fault].slice(-maxFaults)
    return fault
  }

  /** The order that strikes this request, counted down. `isSpared` lets a request pass an order unharmed. */
  take(leg: Leg, isSpared: (fault: Fault) => boolean): Fault | undefined {
    const fault = this.#faults.find(order => isAimedAt(order.leg, leg) && !isSpared(order))
    if (!fault) return undefined
    if (fault.remaining !== null) {
      fault.remaining -= 1
      if (fault.remaining === 0) this.clear(fault.id)
    }
    return fault
  }

  clear(id?: string): void {
    this.#faults = id === undefined ? [] : this.#faults.filter(fault => fault.id !== id)
  }
}
