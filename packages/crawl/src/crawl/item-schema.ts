import type { StandardSchemaV1 } from '@standard-schema/spec'

/** What becomes of an item: the next step gets what one returns; undefined leaves the item out. */
export type ItemStep<Item> = (
  item: Item,
  page: { readonly url: string },
) => Item | undefined | PromiseLike<Item | undefined>

export interface ItemOptions<Item> {
  /** What items must be: a schema of zod, valibot, arktype or any other by Standard Schema. */
  readonly itemSchema?: StandardSchemaV1<unknown, Item> | undefined
  /** What is done with every item before it is stored, step after step. */
  readonly pipeline?: readonly ItemStep<Item>[] | undefined
}

/** An item is not what it must be. Its page is a failure of the kind `item`. */
export class ItemError extends Error {
  readonly code = 'ITEM_INVALID'

  static {
    this.prototype.name = 'ItemError'
  }
}

/**
 * Brings an item through schema and pipeline; undefined when a step left it out.
 *
 * @throws ItemError; what a step throws
 */
export async function madeItem<Item>(
  given: unknown,
  page: { readonly url: string },
  { itemSchema, pipeline = [] }: ItemOptions<Item>,
): Promise<Item | undefined> {
  let item: Item | undefined
  if (itemSchema === undefined) item = given as Item
  else {
    const result = await itemSchema['~standard'].validate(given)
    if (result.issues !== undefined) throw new ItemError(messageOf(result.issues))
    item = result.value
  }
  for (const step of pipeline) {
    if (item === undefined) return undefined
    item = await step(item, page)
  }
  return item
}

function messageOf(issues: readonly StandardSchemaV1.Issue[]): string {
  const told = issues.slice(0, 5).map(({ message, path }) => {
    const keys = (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part))
    return keys.length === 0 ? message : `${keys.join('.')}: ${message}`
  })
  return `an item is not what it must be: ${told.join('; ')}`
}
