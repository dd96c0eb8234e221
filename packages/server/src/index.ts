/// <reference types="node" preserve="true" />

export { api, Api } from './api/api.ts'
export type { AddRoute, ApiOptions, Middleware } from './api/api.ts'
export type { Acceptor, UpgradeOptions } from './api/acceptor.ts'
export { ApiRequest } from './api/api-request.ts'
export type { QueryValues } from './api/api-request.ts'
export type { Handler, HandlerContext, Returned, Route, RouteOptions } from './api/route.ts'
export type { Issue } from './api/validate.ts'
export type { App } from './app/application.ts'
export type { FetchApp } from './app/fetch-application.ts'
export { background } from './background.ts'
export type { BackgroundOptions } from './background.ts'
export type { EngineOptions, Outcome, RequestEvent } from './engine/engine-options.ts'
export type { Hold } from './engine/held-resource.ts'
export type { Until } from './engine/request-resources.ts'
export { serve } from './engine/serve.ts'
export type { ServeOptions } from './engine/serve.ts'
export { openServer, Server } from './engine/server.ts'
export type { ServerOptions } from './engine/server-options.ts'
export { HttpProblem } from './errors.ts'
export type { HttpProblemOptions } from './errors.ts'
export type { AdmissionOptions } from './limits/admission.ts'
export { perRequest, PerRequest } from './per-request.ts'
export type { PerRequestOptions } from './per-request.ts'
export { json, Reply, reply } from './reply/reply.ts'
export type { ReplyBody, ReplyOptions } from './reply/reply.ts'
export { sse } from './reply/sse.ts'
export type { ServerSentEvent, SseOptions } from './reply/sse.ts'
export { switchProtocols } from './reply/switch-protocols.ts'
export type { ProtocolSession } from './reply/switch-protocols.ts'
export type {
  ReplyHeaders,
  RequestHeaders,
  SwitchedConnection,
  Transport,
} from './transport/transport.ts'
