export function mustExist<Thing>(thing: Thing | undefined): Thing {
  if (thing === undefined) throw new Error('The seeded tenant lacks what this is about.')
  return thing
}
