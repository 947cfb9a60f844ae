import type { Static, TObject, TProperties } from 'typebox'

/** One kind of fault, as a row of a table. */
export interface FaultKind<Parameters extends TProperties, Effect> {
  /** What a request with this fault gets, in words. */
  readonly does: string
  /** The parameters that may be given with the kind. */
  readonly parameters: Parameters
  /** What the emulator has to do with the request. */
  effect(fault: Static<TObject<Parameters>>): Effect
}

/** Kinds of fault by their names. */
export type FaultKinds<Effect = unknown> = Readonly<Record<string, FaultKind<TProperties, Effect>>>

/** An injected fault of one of these kinds. */
export type FaultOf<Kinds extends FaultKinds> = {
  [Kind in keyof Kinds & string]: { readonly kind: Kind } & Static<TObject<Kinds[Kind]['parameters']>>
}[keyof Kinds & string]

/** What an emulator has to do for faults of these kinds. */
export type EffectOf<Kinds extends FaultKinds> = ReturnType<Kinds[keyof Kinds]['effect']>

export function faultKind<Parameters extends TProperties, Effect>(
  does: string,
  parameters: Parameters,
  effect: FaultKind<Parameters, Effect>['effect'],
): FaultKind<Parameters, Effect> {
  return { does, parameters, effect }
}
