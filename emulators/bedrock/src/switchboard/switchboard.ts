import type { Operation } from '../bedrock/authorise.ts'
import type { Fault, FaultOrder } from './fault.ts'
import { RequestLog } from './request-log.ts'

export interface Pace {
  /** From the request to the first event. */
  readonly firstTokenMs: number
  readonly tokenDelayMs: number
}

export interface PendingFault extends FaultOrder {
  readonly id: number
}

/** What tests and people switch while the stand-in runs. */
export class Switchboard {
  readonly requests = new RequestLog()
  pace: Pace
  #pending: PendingFault[] = []
  #lastId = 0
  readonly #initialPace: Pace

  constructor(pace: Pace) {
    this.pace = pace
    this.#initialPace = pace
  }

  get faults(): readonly PendingFault[] {
    return this.#pending
  }

  order(order: FaultOrder): PendingFault {
    this.#lastId += 1
    const pending = { ...order, id: this.#lastId }
    this.#pending.push(pending)
    return pending
  }

  clearFaults(): void {
    this.#pending = []
  }

  /** The fault that strikes this call, if any; one that was ordered for so many requests is used up. */
  takeFault(operation: Operation, principalArn: string): Fault | undefined {
    const struck = this.#pending.find(
      order =>
        (order.operation ?? operation) === operation && (order.principal ?? principalArn) === principalArn,
    )
    if (struck?.times === undefined) return struck?.fault
    const left = struck.times - 1
    this.#pending = this.#pending.flatMap(order =>
      order !== struck ? [order] : left === 0 ? [] : [{ ...order, times: left }],
    )
    return struck.fault
  }

  reset(): void {
    this.#pending = []
    this.pace = this.#initialPace
    this.requests.clear()
  }
}
