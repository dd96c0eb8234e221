import { z } from 'zod'

/** What the POST of every server is validated by. */
export const Order = z.object({
  user: z.string().min(1),
  items: z.array(z.object({ sku: z.string(), count: z.int().min(1) })).min(1),
})

export const total = (order: z.infer<typeof Order>): number =>
  order.items.reduce((sum, { count }) => sum + count, 0)
