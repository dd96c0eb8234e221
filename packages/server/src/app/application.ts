import type { RequestListener } from 'node:http'
import { refuse } from 'corral/lowlevel'
import { Api } from '../api/api.ts'
import { FetchApplication } from './fetch-application.ts'
import type { FetchApp } from './fetch-application.ts'
import { ListenerApplication } from './listener-application.ts'
import type { Application } from './plan.ts'

/** An application: an `api`, any `{ fetch(request) }` (hono, h3, elysia), or a `node:http` listener. */
export type App = Api | FetchApp | RequestListener

export function toApplication(api: string, app: App): Application {
  if (app instanceof Api) return app
  if (typeof app === 'function') return new ListenerApplication(app)
  if (typeof app?.fetch === 'function') return new FetchApplication(app)
  return refuse(`${api}: app`, 'an api, a listener of node:http, or { fetch(request) }', app)
}
