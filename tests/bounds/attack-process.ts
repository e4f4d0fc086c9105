import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Attack, AttackReport, Target } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'

interface AttackOptions {
  scenario: string
  target: Target
  seconds: number
}

/**
 * Starts an attack in a process of its own, so that its work does not delay the measurement of the
 * quiet member. Resolves when the attack is under way.
 */
export async function startAttack(options: AttackOptions): Promise<Attack> {
  const child: ChildProcess = spawn(
    process.execPath,
    [import.meta.filename, JSON.stringify(options)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  let output = ''
  const started = new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      output += chunk
      if (output.includes('started\n')) resolve()
    })
    child.once('exit', (code) => reject(new Error(`the attack ended with ${code}`)))
  })
  const ended = once(child, 'exit')
  await started
  return {
    async stop(): Promise<AttackReport> {
      child.stdin?.end()
      const [code] = await ended
      if (code !== 0) throw new Error(`the attack ended with ${code}`)
      return JSON.parse(output.slice(output.indexOf('\n') + 1))
    },
  }
}

async function attack({ scenario, target, seconds }: AttackOptions): Promise<void> {
  const found = SCENARIOS.find(({ name }) => name === scenario)
  if (found === undefined) throw new Error(`there is no scenario '${scenario}'`)
  const stopped = once(process.stdin.resume(), 'end')
  const running = await found.start(target, seconds)
  process.stdout.write('started\n')
  await stopped
  process.stdout.write(JSON.stringify(await running.stop()), () => process.exit(0))
}

if (import.meta.main) await attack(JSON.parse(process.argv[2] ?? '{}'))
