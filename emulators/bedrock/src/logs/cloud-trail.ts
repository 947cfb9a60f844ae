import { randomUUID } from 'node:crypto'
import { type Clock, LatestRows } from '@entra-agents/emulator-kit'
import type { FastifyRequest } from 'fastify'
import type { Config } from '../config.ts'
import type { UserIdentity } from './user-identity.ts'

const mostEvents = 2_000
/** CloudTrail cuts longer texts off, too. */
const mostCharacters = 1_024

type Values = Readonly<Record<string, unknown>>

/** What is known of a call before its outcome. */
export interface RecordedCall {
  readonly eventSource: 'bedrock.amazonaws.com' | 'sts.amazonaws.com'
  readonly eventName: string
  readonly userIdentity: UserIdentity
  readonly requestParameters: Values
  readonly additionalEventData?: Values
  readonly resources?: readonly Values[]
}

interface CallOutcome {
  readonly responseElements?: Values
  readonly errorCode?: string
  readonly errorMessage?: string
}

/** An event of CloudTrail (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html). */
export type CloudTrailEvent = ReturnType<CloudTrail['end']> & object

/** The account's CloudTrail. AWS's own events come minutes later; these do not. */
export class CloudTrail {
  readonly #events = new LatestRows<CloudTrailEvent>(mostEvents)
  readonly #calls = new WeakMap<FastifyRequest, RecordedCall>()
  readonly #config: Pick<Config, 'region' | 'accountId'>
  readonly #clock: Clock

  constructor(config: Pick<Config, 'region' | 'accountId'>, clock: Clock) {
    this.#config = config
    this.#clock = clock
  }

  get events(): readonly CloudTrailEvent[] {
    return this.#events.all
  }

  /** Notes a call of somebody who is known. As at AWS, a call whose caller never becomes known leaves no event. */
  note(request: FastifyRequest, call: RecordedCall): void {
    this.#calls.set(request, call)
  }

  /** Adds the event of a call, once. */
  end(request: FastifyRequest, { responseElements, errorCode, errorMessage }: CallOutcome) {
    const call = this.#calls.get(request)
    if (!call) return undefined
    this.#calls.delete(request)
    const { region, accountId } = this.#config
    const event = {
      eventVersion: '1.11',
      eventTime: this.#clock.timestamp().replace(/\.\d+Z$/, 'Z'),
      awsRegion: region,
      sourceIPAddress: request.ip,
      userAgent: request.headers['user-agent']?.slice(0, mostCharacters) ?? '',
      ...(errorCode === undefined ? {} : { errorCode, errorMessage: errorMessage?.slice(0, mostCharacters) }),
      ...{ responseElements: responseElements ?? null, ...call },
      ...{ requestID: request.id, eventID: randomUUID(), eventType: 'AwsApiCall', readOnly: true },
      ...{ managementEvent: true, eventCategory: 'Management', recipientAccountId: accountId },
    }
    this.#events.add(event)
    return event
  }

  clear(): void {
    this.#events.clear()
  }
}
