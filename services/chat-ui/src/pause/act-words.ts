/**
 * The labels of the two buttons of a call: the act itself, from a title such as “Create alert”. If the title does not begin
 * with a verb, the labels speak of running the call.
 */
export function actWords(title: string) {
  const verb = /^([A-Z][a-z]+) \S/.exec(title)?.[1]
  if (!verb) return { doIt: `Run ${title}`, leaveIt: 'Don’t run' }
  return { doIt: title, leaveIt: `Don’t ${verb.toLowerCase()}` }
}
