export type Client = ReturnType<typeof clientOf>

/** Asks its API as a user; what it answers, read as JSON. */
export function clientOf(url: string, user: 'ann' | 'bob' | 'nobody' = 'ann') {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (user !== 'nobody') headers['authorization'] = `Bearer ${user}-has-this-token`
  return async <T>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: T }> => {
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const answer = await fetch(`${url}/api/${path}`, init)
    const text = await answer.text()
    return { status: answer.status, body: (text === '' ? undefined : JSON.parse(text)) as T }
  }
}
