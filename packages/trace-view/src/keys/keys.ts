/** All keys of the page, as the dialog lists them. Whoever acts on one (`useKeys`) names it as it stands here. */
export const keyGroups = [
  {
    title: 'Everywhere outside a field',
    keys: {
      '?': 'these keys',
      '/': 'search the steps',
      n: 'new conversation',
      e: 'earlier conversations',
      m: 'what the model is told',
      a: 'agent',
      t: 'theme',
      s: 'side by side',
      p: 'present',
      r: 'play the exchange again',
      x: 'share',
      c: 'your question',
    },
  },
  {
    title: 'Before the first question',
    keys: {
      1: 'ask what the first card says',
      2: 'the second',
      3: 'the third',
      4: 'the fourth',
    },
  },
  {
    title: 'Steps',
    keys: {
      j: 'next step, also ↓',
      k: 'previous step, also ↑',
      ']': 'open all steps',
      '[': 'close all steps',
      f: 'failed only, and all again',
      y: 'copy the step’s request as curl',
    },
  },
] as const

type KeysOf<Group> = Group extends { readonly keys: infer Keys } ? keyof Keys : never

export type PageKey = `${KeysOf<(typeof keyGroups)[number]>}`
