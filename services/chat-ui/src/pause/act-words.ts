/**
 * What the two buttons of a call say: the act itself, from a title such as “Create alert”. If it does not begin with a verb, they
 * speak of running it.
 */
export function actWords(title: string) {
  const verb = /^([A-Z][a-z]+) \S/.exec(title)?.[1]
  if (!verb) return { doIt: `Run ${title}`, leaveIt: 'Don’t run' }
  return { doIt: title, leaveIt: `Don’t ${verb.toLowerCase()}` }
}
