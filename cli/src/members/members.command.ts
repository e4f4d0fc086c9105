import type { Command } from 'commander'
import { wholeNumber } from '../arguments.ts'
import { ownerUrlOrThrow } from '../installation.ts'
import { print } from '../output.ts'
import { listAudit, setRole } from './members.ts'

const ROLE_COMMANDS = [
  {
    name: 'grant-admin',
    role: 'ADMIN',
    description: 'make a member an administrator',
    result: 'an administrator',
  },
  {
    name: 'revoke-admin',
    role: 'MEMBER',
    description: 'make an administrator an ordinary member again',
    result: 'an ordinary member',
  },
] as const

interface AuditOptions {
  handle: string
  limit: number
  json?: boolean
}

export function addMemberCommands(program: Command, env: NodeJS.ProcessEnv): void {
  const members = program.command('members').description('members of this installation')

  for (const { name, role, description, result } of ROLE_COMMANDS)
    members
      .command(name)
      .description(description)
      .requiredOption('--handle <handle>', 'handle of the member')
      .option('--json', 'print JSON')
      .action(async ({ handle, json }: { handle: string; json?: boolean }) => {
        const member = await setRole(await ownerUrlOrThrow(env), handle, role)
        print(json ? JSON.stringify(member) : `@${member.handle} is ${result} now`)
      })

  members
    .command('audit')
    .description('show what happened to an account, newest first')
    .requiredOption('--handle <handle>', 'handle of the member')
    .option('--limit <n>', 'maximum number of entries', wholeNumber(1, 10_000), 50)
    .option('--json', 'print JSON')
    .action(async ({ handle, limit, json }: AuditOptions) => {
      const entries = await listAudit(await ownerUrlOrThrow(env), handle, limit)
      if (json) print(JSON.stringify(entries))
      else
        for (const { occurredAt, type, address, userAgent } of entries)
          print(`${occurredAt}  ${type.padEnd(22)}${address ?? '-'}  ${userAgent ?? '-'}`)
    })
}
