/** What queues and channels promise, on plain arrays: the model that the real ones are held against. */

export interface Wish {
  readonly place: number
  readonly act: 'put' | 'get'
  readonly item: number
}

/** One call that waits, or a select over several: it stands in the lines of all its wishes. */
export interface Op {
  readonly wishes: readonly Wish[]
  /** What it ended with: the item or 'put', with the index of its wish; or the code of an error. */
  outcome: string | undefined
}

interface Standing {
  readonly op: Op
  readonly wish: Wish
  readonly index: number
}

/** One queue or channel. */
export class PlaceModel {
  buffer: number[] = []
  putters: Standing[] = []
  getters: Standing[] = []
  putsEnded: string | undefined
  getsEnded = false
  taken = 0
  done = 0
  readonly capacity: number
  readonly order: 'fifo' | 'lifo' | 'least'

  constructor(capacity: number, order: 'fifo' | 'lifo' | 'least') {
    this.capacity = capacity
    this.order = order
  }

  /** What the wish gives at once, if it can. */
  now(wish: Wish, world: World): string | undefined {
    return wish.act === 'put' ? this.put(wish.item, world) : this.get(world)
  }

  put(item: number, world: World): string | undefined {
    if (this.putsEnded !== undefined) return this.putsEnded
    const getter = this.getters[0]
    if (getter !== undefined) {
      this.taken += 1
      world.grant(getter, String(item))
      return 'put'
    }
    if (this.buffer.length >= this.capacity) return undefined
    this.buffer.push(item)
    return 'put'
  }

  get(world: World): string | undefined {
    if (this.getsEnded) return 'CLOSED'
    const item = this.#take()
    const putter = this.putters[0]
    if (item === undefined && putter === undefined) {
      return this.putsEnded === undefined ? undefined : 'CLOSED'
    }
    this.taken += 1
    if (putter === undefined) return String(item)
    world.grant(putter, 'put')
    if (item === undefined) return String(putter.wish.item)
    this.buffer.push(putter.wish.item)
    return String(item)
  }

  /** Nobody puts any more. */
  endPuts(world: World): void {
    if (this.putsEnded !== undefined && this.putsEnded !== 'BROKEN') return
    this.putsEnded = 'CLOSED'
    while (this.putters[0] !== undefined) world.grant(this.putters[0], 'CLOSED')
    while (this.getters[0] !== undefined) world.grant(this.getters[0], 'CLOSED')
  }

  /** Nobody gets any more. */
  endGets(world: World): void {
    if (this.getsEnded) return
    this.getsEnded = true
    this.buffer = []
    while (this.getters[0] !== undefined) world.grant(this.getters[0], 'CLOSED')
    while (this.putters[0] !== undefined) world.grant(this.putters[0], 'BROKEN')
    this.putsEnded ??= 'BROKEN'
  }

  #take(): number | undefined {
    if (this.order === 'fifo') return this.buffer.shift()
    if (this.order === 'lifo') return this.buffer.pop()
    if (this.buffer.length === 0) return undefined
    const least = Math.min(...this.buffer.map((item) => item % 10))
    const index = this.buffer.findIndex((item) => item % 10 === least)
    return this.buffer.splice(index, 1)[0]
  }
}

/** All places, and who stands where. */
export class World {
  readonly places: readonly PlaceModel[]

  constructor(places: readonly PlaceModel[]) {
    this.places = places
  }

  /** Begins a call: the first wish that can be granted is; otherwise it stands in every line. */
  begin(wishes: readonly Wish[]): Op {
    const op: Op = { wishes, outcome: undefined }
    for (const [index, wish] of wishes.entries()) {
      const outcome = this.#place(wish).now(wish, this)
      if (outcome !== undefined) {
        op.outcome = named(index, outcome)
        return op
      }
    }
    for (const [index, wish] of wishes.entries()) {
      const place = this.#place(wish)
      const line = wish.act === 'put' ? place.putters : place.getters
      line.push({ op, wish, index })
    }
    return op
  }

  grant({ op, index }: Standing, outcome: string): void {
    op.outcome = named(index, outcome)
    this.#leave(op)
  }

  cancel(op: Op): void {
    if (op.outcome !== undefined) return
    op.outcome = 'CANCELLED'
    this.#leave(op)
  }

  #leave(op: Op): void {
    for (const place of this.places) {
      place.putters = place.putters.filter((standing) => standing.op !== op)
      place.getters = place.getters.filter((standing) => standing.op !== op)
    }
  }

  #place(wish: Wish): PlaceModel {
    return this.places[wish.place] as PlaceModel
  }
}

/** An error is the error of the whole; a result says which wish it belongs to. */
function named(index: number, outcome: string): string {
  return /^[A-Z]/.test(outcome) ? outcome : `${index}:${outcome}`
}
