import { run, sleep, stopping } from '../../../src/index.ts'

const mode = process.argv[2]
const forms = {
  drain: { grace: 60_000, drain: () => sleep(10) },
  overdue: { grace: 20, drain: () => sleep(60_000) },
  patient: { grace: 60_000, drain: () => sleep(60_000) },
  deaf: { grace: 60_000, drain: () => new Promise<void>((resolve) => setTimeout(resolve, 60_000)) },
}
const { grace, drain } = forms[mode as keyof typeof forms]

const value = await run(
  async () => {
    console.log('ready')
    await stopping().wait()
    console.log('stopping')
    try {
      await drain()
    } catch (error) {
      console.log('cut short')
      throw error
    }
    console.log('drained')
    return 'value'
  },
  { grace },
)
console.log(value)
