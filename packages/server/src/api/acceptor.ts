import type { StandardSchemaV1 } from '@standard-schema/spec'
import { refuse } from 'corral/lowlevel'
import { HttpProblem } from '../errors.ts'
import type { AdmissionOptions } from '../limits/admission.ts'
import type { Reply } from '../reply/reply.ts'
import type { PathParams } from './path-params.ts'
import type { HandlerContext, RouteOptions } from './route.ts'

type Schema = StandardSchemaV1 | undefined

/** A handler that answers with `switchProtocols`, or refuses as any other does. */
export type Acceptor<
  P extends Schema = undefined,
  Q extends Schema = undefined,
  H extends Schema = undefined,
  Raw = PathParams<string>,
> = (context: HandlerContext<P, Q, H, undefined, Raw>) => Reply | PromiseLike<Reply>

/** Options and limits of an `upgrade` route; `timeout` and its slot of `limit` end with the 101. */
export interface UpgradeOptions<
  P extends Schema = undefined,
  Q extends Schema = undefined,
  H extends Schema = undefined,
>
  extends
    AdmissionOptions,
    Pick<RouteOptions<P, Q, H>, 'params' | 'query' | 'headers' | 'timeout' | 'clientLimit'> {
  /** The protocol that the client must request; 426 otherwise. Default `websocket`. */
  readonly protocol?: string
}

/** The acceptor, for requests for its protocol. */
export function acceptorOf<P extends Schema, Q extends Schema, H extends Schema, Raw>(
  acceptor: Acceptor<P, Q, H, Raw>,
  protocol: string,
): Acceptor<P, Q, H, Raw> {
  if (!/^[\w!#$%&'*+.^`|~/-]+$/.test(protocol)) {
    refuse('api.upgrade: protocol', 'a name such as "websocket"', protocol)
  }
  const headers = { upgrade: protocol, connection: 'upgrade' }
  return (context) => {
    const { upgradable, headers: asked } = context.request.transport
    const names = String(asked['upgrade'] ?? '').toLowerCase()
    if (upgradable && names.split(/\s*,\s*/).includes(protocol.toLowerCase())) {
      return acceptor(context)
    }
    throw new HttpProblem(426, { detail: `this path speaks ${protocol}`, headers })
  }
}
