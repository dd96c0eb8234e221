/**
 * How late a wake-up comes:
 * - `d`: until `amount` younger ones have overtaken it, or nobody else can go on at this moment;
 * - `t`: until nobody else can go on, and time has jumped `amount` times since (0: at this moment);
 * - `x`: until `amount` younger ones or jumps of time have overtaken it. Any order at all is made of these.
 */
export interface Lateness {
  readonly kind: 'd' | 't' | 'x'
  readonly amount: number
}

/** One wake-up, told by its number, that comes late. */
export interface Delay extends Lateness {
  readonly seq: number
}
