export type { AddressTarget, ConnectOptions } from './connect/connect-options.ts'
export { HttpError, HttpStatusError, HttpTimeoutError } from './errors.ts'
export type { HttpErrorCode, HttpErrorOptions, HttpPhase } from './errors.ts'
export { HttpResponse } from './response/http-response.ts'
export type { BodyOptions, Redirect } from './response/http-response.ts'
export { ResponseHeaders } from './response/response-headers.ts'
export { parseRetryAfter } from './session/retry-after.ts'
export { HttpSession } from './session/http-session.ts'
export type {
  BodyInput,
  CommonOptions,
  HttpSessionOptions,
  RequestHeaders,
  RequestOptions,
} from './options.ts'
