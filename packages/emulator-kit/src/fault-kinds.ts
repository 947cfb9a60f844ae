import type { Static, TObject, TProperties } from 'typebox'

/** One kind of trouble, as a row of a table. */
export interface FaultKind<Parameters extends TProperties, Effect> {
  /** What a struck request gets. */
  readonly does: string
  /** What an order may say beside its kind. */
  readonly parameters: Parameters
  /** What the emulator has to do about a struck request. */
  strike(fault: Static<TObject<Parameters>>): Effect
}

/** Kinds of fault by their names. */
export type FaultKinds<Effect = unknown> = Readonly<Record<string, FaultKind<TProperties, Effect>>>

/** An ordered fault of one of these kinds. */
export type FaultOf<Kinds extends FaultKinds> = {
  [Kind in keyof Kinds & string]: { readonly kind: Kind } & Static<TObject<Kinds[Kind]['parameters']>>
}[keyof Kinds & string]

/** What faults of these kinds ask of their emulator. */
export type EffectOf<Kinds extends FaultKinds> = ReturnType<Kinds[keyof Kinds]['strike']>

/** A row of a table of faults. */
export function faultKind<Parameters extends TProperties, Effect>(
  does: string,
  parameters: Parameters,
  strike: FaultKind<Parameters, Effect>['strike'],
): FaultKind<Parameters, Effect> {
  return { does, parameters, strike }
}
