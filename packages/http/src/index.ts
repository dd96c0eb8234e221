/// <reference types="node" preserve="true" />

export type { AddressTarget, ConnectOptions } from './connect/connect-options.ts'
export { DnsCache } from './connect/dns-cache.ts'
export type { DnsCacheOptions } from './connect/dns-cache.ts'
export { HttpError, HttpStatusError, HttpTimeoutError } from './errors.ts'
export type { HttpErrorCode, HttpErrorOptions, HttpPhase } from './errors.ts'
export { leniencies } from './leniency.ts'
export type { Leniency } from './leniency.ts'
export { HttpResponse } from './response/http-response.ts'
export type { BodyOptions, Redirect } from './response/http-response.ts'
export { decodeBody } from './response/decode-body.ts'
export type { DecodeOptions } from './response/decode-body.ts'
export { ResponseHeaders } from './response/response-headers.ts'
export { basicAuthorization } from './session/basic-authorization.ts'
export { escapeBytes } from './session/escape-bytes.ts'
export { parseRetryAfter } from './session/retry-after.ts'
export { hedge } from './services/hedge.ts'
export type { HedgeOptions } from './services/hedge.ts'
export { OriginBreakers } from './services/origin-breakers.ts'
export type { OriginBreakersOptions } from './services/origin-breakers.ts'
export type { TraceContext } from './services/propagation.ts'
export { HttpSession } from './session/http-session.ts'
export { withoutCredentials } from './without-credentials.ts'
export type {
  BodyInput,
  CommonOptions,
  HttpSessionOptions,
  RequestHeaders,
  RequestOptions,
} from './options.ts'
