/**
 * The labels of the two buttons of a call, made of its title: “Create alert” and “Don’t create”. If the title does not begin
 * with a verb, as in “notes.write”, they are “Run notes.write” and “Don’t run”.
 */
export function buttonLabels(title: string) {
  const verb = /^([A-Z][a-z]+) \S/.exec(title)?.[1]
  if (!verb) return { doIt: `Run ${title}`, leaveIt: 'Don’t run' }
  return { doIt: title, leaveIt: `Don’t ${verb.toLowerCase()}` }
}
