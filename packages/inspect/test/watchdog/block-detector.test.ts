import { describe, expect, test } from 'vitest'
import { BlockDetector, ENDLESS } from '../../src/watchdog/block-detector.ts'
import type { Sample } from '../../src/watchdog/block-detector.ts'

const beat = 100

/** The main thread does as it is told, and is looked at when that is due; what was said, and when. */
class Thread {
  readonly detector = new BlockDetector(200, beat)
  readonly said: string[] = []
  now = 0
  #beats = 0
  #beatAt = 0
  #beatCpu = 0
  #cpu = 0
  looks = 0
  #starved = 0

  starve(ms: number): void {
    this.#starved += ms
  }

  /** `per` millisecond: how much of it the thread computes and starves. */
  run(
    ms: number,
    per: { turns?: boolean; cpu?: number; starved?: number; late?: number } = {},
  ): this {
    for (const end = this.now + ms; this.now < end; this.now += 50) {
      this.#cpu += 50 * (per.cpu ?? 0)
      this.#starved += 50 * (per.starved ?? 0)
      if (per.turns === true && this.now % beat === 0) {
        this.#beats += 1
        this.#beatAt = this.now
        this.#beatCpu = this.#cpu
      }
      if (this.now < this.detector.nextAt) continue
      this.looks += 1
      const sample: Sample = {
        now: this.now,
        beats: this.#beats,
        beatAt: this.#beatAt,
        beatCpu: this.#beatCpu,
        cpu: this.#cpu,
        starved: this.#starved,
        late: per.late ?? 0,
      }
      const event = this.detector.add(sample)
      if (event === undefined) continue
      const { ms: length, why, cpu } = 'block' in event ? event.block : { ms: 0, why: '', cpu: 0 }
      this.said.push(`${this.now}: ${event.type} ${length} ${why} ${cpu}`.trim())
    }
    return this
  }
}

describe('BlockDetector', () => {
  test('says nothing of a loop that turns', () => {
    expect(new Thread().run(10_000, { turns: true, cpu: 1 }).said).toEqual([])
  })

  test('says when it is blocked, and how when it is over', () => {
    const thread = new Thread()
      .run(1000, { turns: true })
      .run(500, { cpu: 1 })
      .run(1000, { turns: true })
    expect(thread.said).toEqual(['1200: began 0  0', '1500: ended 550 computing 500'])
  })

  test('tells sleeping from computing by what the thread used of a processor', () => {
    const thread = new Thread()
      .run(1000, { turns: true })
      .run(500, { cpu: 0.1 })
      .run(200, { turns: true })
    expect(thread.said.at(-1)).toBe('1500: ended 550 sleeping 50')
  })

  test('says nothing of a thread that had no processor', () => {
    const thread = new Thread().run(1000, { turns: true }).run(5000, { starved: 0.97, cpu: 0.03 })
    expect(thread.run(1000, { turns: true }).said).toEqual([])
  })

  test('takes back what was none: the system tells of a wait for a processor once it is over', () => {
    const thread = new Thread().run(1000, { turns: true }).run(500)
    thread.starve(450)
    expect(thread.run(1000, { turns: true }).said).toEqual([
      '1200: began 0  0',
      '1500: dismissed 0  0',
    ])
  })

  test('says nothing of a process that was stopped: neither thread ran', () => {
    const thread = new Thread().run(1000, { turns: true })
    thread.now += 60_000
    expect(thread.run(50, { late: 60_000 }).run(1000, { turns: true }).said).toEqual([])
  })

  test('says nothing of a process that was stopped after a beat that nobody had seen', () => {
    const thread = new Thread().run(1050, { turns: true })
    thread.now += 60_000
    expect(thread.run(50, { late: 60_000 }).run(150).run(1000, { turns: true }).said).toEqual([])
  })

  test('says nothing of a process that was stopped when a look is due before the next beat', () => {
    const thread = new Thread().run(950, { turns: true })
    thread.now += 60_000
    // A look was due at 1200; 25 ms are no delay.
    expect(thread.run(50, { late: thread.now - 1225 }).run(1000, { turns: true }).said).toEqual([])
  })

  test('looks at a loop that turns as seldom as a block allows', () => {
    expect(new Thread().run(10_000, { turns: true }).looks).toBeLessThan(45)
  })

  test('counts what was computed and starved since the beat, not since it was seen', () => {
    const computing = new Thread().run(1050, { turns: true }).run(400, { cpu: 1 })
    expect(computing.run(100, { turns: true }).said).toEqual([
      '1300: began 0  0',
      '1500: ended 450 computing 400',
    ])
    const starving = new Thread().run(1050, { turns: true }).run(500, { starved: 0.6, cpu: 0.1 })
    expect(starving.run(1000, { turns: true }).said).toEqual([])
  })

  test('calls a hot loop computing on a machine that is full', () => {
    const thread = new Thread().run(1000, { turns: true }).run(1500, { cpu: 0.33, starved: 0.67 })
    expect(thread.run(200, { turns: true }).said.at(-1)).toMatch(/ended 1550 computing 495/)
  })

  test('does not wait for the end of a block that may have none, and says that once', () => {
    const thread = new Thread().run(1000, { turns: true }).run(3 * ENDLESS * 200, { cpu: 1 })
    expect(thread.said.map((line) => line.split(' ')[1])).toEqual(['began', 'endless'])
  })
})
