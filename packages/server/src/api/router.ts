import { addRoute, createRouter, findRoute } from 'rou3'
import { HttpProblem } from '../errors.ts'
import type { Mounted } from './mounted.ts'
import { Route } from './route.ts'

export type Params = Readonly<Record<string, string>>

export interface Found<T> {
  readonly data: T
  /** Decoded on access: an ill-formed one is the client's fault. */
  readonly params?: Record<string, string>
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
/** The pseudo-method of requests for another protocol. */
const UPGRADE = 'UPGRADE'

/** Finds the route for a request. */
export class Router {
  readonly #router = createRouter<Route | Mounted>()

  add(route: Route): void {
    addRoute(this.#router, route.method, route.pattern, route)
  }

  mount(mounted: Mounted): void {
    addRoute(this.#router, '', `${mounted.prefix}/**`, mounted)
  }

  /** HEAD is answered by the GET route; an `upgrade` route tells requests without an upgrade that one is required. */
  find(method: string, path: string, upgrade: boolean): Found<Route | Mounted> | undefined {
    return (
      (upgrade ? this.findUpgrade(path) : undefined) ??
      this.#find(method, path) ??
      this.findUpgrade(path)
    )
  }

  findUpgrade(path: string): Found<Route> | undefined {
    const found = findRoute(this.#router, UPGRADE, path)
    return found?.data instanceof Route ? (found as Found<Route>) : undefined
  }

  /** The methods that a path accepts, for `Allow`; none when there is no such path. */
  allowed(path: string): string[] {
    const methods = METHODS.filter((method) => this.#find(method, path) !== undefined)
    return methods.length === 0 ? [] : [...methods, 'OPTIONS']
  }

  #find(method: string, path: string): Found<Route | Mounted> | undefined {
    const found = findRoute(this.#router, method, path)
    return found ?? (method === 'HEAD' ? findRoute(this.#router, 'GET', path) : undefined)
  }
}

/** @throws HttpProblem 400 for invalid percent-encoding */
export function decode(params: Params | undefined): Params {
  if (params === undefined) return {}
  try {
    return Object.fromEntries(
      Object.entries(params).map(([name, value]) => [name, decodeURIComponent(value)]),
    )
  } catch {
    throw new HttpProblem(400, { detail: 'the path is not percent-encoded as it should be' })
  }
}
