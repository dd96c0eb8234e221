/**
 * Something that goes wrong at a wake-up:
 * - `c`: its task is cancelled when the wake-up was granted and has not taken effect yet;
 * - `w`: its task is cancelled in the wait that comes next;
 * - `o`, `v`: the same two, by the innermost deadline running out instead of by hand;
 * - `f`: the failpoint it stands at fails;
 * - `l`, `m`, `r`: what it writes to a link is lost, arrives twice, or late, overtaken by what follows;
 * - `p`: nothing that its end of the link sends arrives for a while;
 * - `k`: the process at the other end dies, and is there again after a while.
 */
export interface Fault {
  readonly seq: number
  readonly kind: 'c' | 'w' | 'o' | 'v' | 'f' | 'l' | 'm' | 'r' | 'p' | 'k'
}
