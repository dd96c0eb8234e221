/** The method by which a resource tells who holds it: tasks, for reports and for finding deadlocks. */
export const owners: unique symbol = Symbol.for('corral.owners')

/** A resource that can be held. */
export interface Owned {
  [owners](): readonly { readonly id: number; readonly name: string }[]
}

/**
 * Gives a class the `[owners]` method; called in its static block, `tell` can reach what is private.
 * (A class whose declarations are isolated cannot spell a method with a symbol of ours.)
 */
export function tellOwners<T extends object>(
  type: { readonly prototype: T },
  tell: (resource: T) => ReturnType<Owned[typeof owners]>,
): void {
  Object.defineProperty(type.prototype, owners, {
    value(this: T) {
      return tell(this)
    },
  })
}
