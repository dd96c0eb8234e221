import { requireOptions } from '../lowlevel.ts'

/** How an option is checked; and, if it may be left out, what stands in for it then. */
type Rule<V> = readonly [check: (where: string, value: never) => void, usual?: V | undefined]

/** The options of `api` with the usual values filled in; refuses what cannot be right. */
export function completeOptions<O extends object>(
  api: string,
  options: O,
  rules: { readonly [K in keyof O]-?: Rule<O[K]> },
): Required<O> {
  requireOptions(api, options)
  const complete: Partial<O> = {}
  for (const name in rules) {
    const [check, ...usual] = rules[name]
    const given = options[name]
    const left = given === undefined && usual.length > 0
    if (!left) check(`${api}: ${name}`, given as never)
    const value = left ? usual[0] : given
    complete[name] = typeof value === 'function' ? value.bind(options) : value // as it would be called there
  }
  return complete as Required<O>
}
