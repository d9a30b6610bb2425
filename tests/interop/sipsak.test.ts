import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { parseMessage } from 'sip-core'
import { expect, it } from 'vitest'
import { NodeAgent } from './node-agent.ts'

/** Runs sipsak to its end; rejects unless it is content. @returns what it said */
async function sipsak(agent: NodeAgent, ...args: readonly string[]): Promise<string> {
  const { host, port } = agent.address
  // It cuts the port of a URI down to four digits where it writes it, and sends to the right one all the same.
  const { stdout } = await promisify(execFile)('sipsak', ['-s', `sip:bob@${host}:${port}`, ...args])
  return stdout
}

/** Calls for OPTIONS that have come, and those that were answered with 200, by their branch. */
function countOptions(agent: NodeAgent) {
  const asked = new Set<string>()
  const answered = new Set<string>()
  const waiting = new Map<number, () => void>()
  agent.endpoint.diagnostics.on('message', ({ bytes }) => {
    const parsed = parseMessage(bytes)
    if (parsed.type === 'request') asked.add(parsed.request.via.branch ?? '')
    if (parsed.type === 'response' && parsed.response.status === 200)
      answered.add(parsed.response.via.branch ?? '')
    waiting.get(answered.size)?.()
  })
  return { asked, answered, reached: (count: number) => new Promise<void>((r) => waiting.set(count, r)) }
}

it('is told by OPTIONS what a user agent can do', async () => {
  await using bob = await NodeAgent.start('bob')
  const { capabilities } = bob.endpoint
  capabilities.extensions.add('replaces')
  const said = await sipsak(bob, '-vvv')
  const reply = said.slice(said.indexOf('SIP/2.0 200 OK'))
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(reply)?.[1]?.trim().split(/, */)
  expect(header('Allow')).toEqual([...capabilities.methods])
  expect(header('Allow')).toEqual(
    expect.arrayContaining(['INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'REFER']),
  )
  expect(header('Accept')).toContain('application/sdp')
  expect(header('Supported')).toContain('replaces')
})

it('floods a user agent, and each of its requests is answered', async () => {
  await using bob = await NodeAgent.start('bob')
  const { asked, answered, reached } = countOptions(bob)
  // It waits for no answer; more at once than the kernel's buffer holds would get lost before anybody sees them.
  for (let sent = 100; sent <= 500; sent += 100) {
    const all = reached(sent)
    await sipsak(bob, '-F', '-e', '100')
    await all
  }
  expect(asked.size).toBe(500)
  expect(answered).toEqual(asked)
  bob.expectNoDialogs()
})
