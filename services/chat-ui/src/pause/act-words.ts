/** What the two buttons of a call say: the act itself. */
export interface ActWords {
  readonly doIt: string
  readonly leaveIt: string
}

/** From a title such as “Create alert”. If it does not begin with a verb, the buttons speak of running it. */
export function actWords(title: string): ActWords {
  const verb = /^([A-Z][a-z]+) \S/.exec(title)?.[1]
  if (!verb) return { doIt: `Run ${title}`, leaveIt: 'Don’t run' }
  return { doIt: title, leaveIt: `Don’t ${verb.toLowerCase()}` }
}
