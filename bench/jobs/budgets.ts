/** What is promised: a figure of ours, to that of a peer. */
export interface Budget {
  readonly text: string
  readonly ours: string
  readonly scenario: string
  readonly peer: string
  readonly of: 'value' | 'cpu'
  readonly atLeast?: number
  readonly atMost?: number
}

const [postgres, sqlite] = ['corral on PostgreSQL', 'corral on SQLite']

export const budgets: readonly Budget[] = [
  { text: 'add', ours: postgres, scenario: 'add', peer: 'pg-boss', of: 'value', atLeast: 6 },
  { text: 'add', ours: postgres, scenario: 'add', peer: 'BullMQ', of: 'value', atLeast: 1 },
  { text: 'drain', ours: postgres, scenario: 'drain', peer: 'pg-boss', of: 'value', atLeast: 1.5 },
  {
    text: 'drain',
    ours: postgres,
    scenario: 'drain',
    peer: 'graphile-worker',
    of: 'value',
    atLeast: 1.2,
  },
  { text: 'drain', ours: postgres, scenario: 'drain', peer: 'BullMQ', of: 'value', atLeast: 3 },
  {
    text: 'CPU of client and server, drain',
    ours: postgres,
    scenario: 'drain',
    peer: 'pg-boss',
    of: 'cpu',
    atMost: 0.6,
  },
  {
    text: 'latency, median',
    ours: postgres,
    scenario: 'latency',
    peer: 'BullMQ',
    of: 'value',
    atMost: 1.5,
  },
  { text: 'add', ours: sqlite, scenario: 'add', peer: 'BullMQ', of: 'value', atLeast: 1.2 },
  { text: 'drain', ours: sqlite, scenario: 'drain', peer: 'BullMQ', of: 'value', atLeast: 6 },
  {
    text: 'latency, median',
    ours: sqlite,
    scenario: 'latency',
    peer: 'BullMQ',
    of: 'value',
    atMost: 1.5,
  },
]
