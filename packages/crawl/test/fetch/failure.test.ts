import { HttpError, HttpTimeoutError } from '@corral/http'
import { describe, expect, test } from 'vitest'
import { failureOfError, failureOfStatus, isRetryableStatus } from '../../src/fetch/failure.ts'

const coded = (code: string, options?: ErrorOptions): Error =>
  Object.assign(new Error(`it was ${code}`, options), { code })

describe('failureOfStatus', () => {
  test('finds another try worth it for 408, 425, 429 and 5xx only', () => {
    const all = Array.from({ length: 200 }, (_, index) => 400 + index)
    expect(all.filter(isRetryableStatus)).toEqual([408, 425, 429, ...all.slice(100)])
    expect(isRetryableStatus(200)).toBe(false)
    expect(isRetryableStatus(600)).toBe(false)
  })

  test('says the status and the reason', () => {
    expect(failureOfStatus(404, 'Not Found')).toEqual({
      kind: 'http',
      code: '404',
      message: 'status 404 Not Found',
      retryable: false,
    })
  })
})

describe('failureOfError', () => {
  test.each([
    ['ENOTFOUND', 'dns', false],
    ['EAI_AGAIN', 'dns', true],
    ['ECONNREFUSED', 'network', true],
    ['ECONNRESET', 'network', true],
    ['EHOSTUNREACH', 'network', true],
    ['EPIPE', 'network', true],
    ['UND_ERR_SOCKET', 'network', true],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout', true],
    ['UND_ERR_HEADERS_TIMEOUT', 'timeout', true],
    ['UND_ERR_BODY_TIMEOUT', 'timeout', true],
    ['ETIMEDOUT', 'timeout', true],
    ['TIMEOUT', 'timeout', true],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls', false],
    ['CERT_HAS_EXPIRED', 'tls', false],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls', false],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls', false],
    ['EPROTO', 'tls', false],
    ['HPE_INVALID_CONSTANT', 'protocol', false],
    ['UND_ERR_HEADERS_OVERFLOW', 'protocol', false],
    ['TOO_LARGE', 'body', false],
    ['UNDECODABLE', 'body', false],
    ['ADDRESS_REFUSED', 'address', false],
    ['DNS', 'dns', true],
    ['TLS', 'tls', false],
    ['PROTOCOL', 'protocol', false],
    ['RESET', 'network', true],
    ['CONNECT', 'network', true],
  ] as const)('takes %s for %s, another try worth it: %s', (code, kind, retryable) => {
    expect(failureOfError(coded(code))).toEqual({
      kind,
      code,
      retryable,
      message: `it was ${code}`,
    })
  })

  test('looks through causes to the code that says something', () => {
    const failed = new TypeError('fetch failed', { cause: coded('ENOTFOUND') })
    expect(failureOfError(failed)).toMatchObject({
      kind: 'dns',
      code: 'ENOTFOUND',
      message: 'it was ENOTFOUND',
    })
    const every = new AggregateError([coded('ECONNREFUSED'), coded('EHOSTUNREACH')], '')
    expect(failureOfError(every)).toMatchObject({ kind: 'network', code: 'ECONNREFUSED' })
    expect(failureOfError(coded('SOMETHING', { cause: coded('ECONNRESET') })).code).toBe(
      'ECONNRESET',
    )
  })

  test('retries what nobody knows, and takes anything that can be thrown', () => {
    expect(failureOfError(new Error('odd'))).toEqual({
      kind: 'network',
      code: 'UNKNOWN',
      message: 'odd',
      retryable: true,
    })
    for (const thrown of ['text', undefined, null, 7, { code: 7 }]) {
      expect(failureOfError(thrown).code).toBe('UNKNOWN')
    }
  })

  test('prefers what the system said to what it was wrapped in', () => {
    const wrapped = coded('TLS', { cause: coded('CERT_HAS_EXPIRED') })
    expect(failureOfError(wrapped)).toMatchObject({ kind: 'tls', code: 'CERT_HAS_EXPIRED' })
    const unknown = coded('CONNECT', { cause: coded('ENOTFOUND') })
    expect(failureOfError(unknown)).toMatchObject({
      kind: 'dns',
      code: 'ENOTFOUND',
      retryable: false,
    })
  })

  test('leaves out the URL, beside which it is kept', () => {
    const url = 'http://a.test/large'
    const options = { url, phase: 'body' } as const
    const error = new HttpError('TOO_LARGE', `the body is larger than 9 bytes: ${url}`, options)
    expect(failureOfError(error).message).toBe('the body is larger than 9 bytes')
    expect(failureOfError(new HttpTimeoutError('timeout', 50, options)).message).toBe(
      'timeout of 50 ms reached while reading the body',
    )
  })

  test('cuts endless messages', () => {
    expect(failureOfError(new Error('x'.repeat(9999))).message).toBe('x'.repeat(500))
  })

  test('ends on causes that run in a circle', () => {
    const circle = new Error('round')
    circle.cause = circle
    expect(failureOfError(circle).message).toBe('round')
  })
})
