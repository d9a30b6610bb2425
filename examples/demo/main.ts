/**
 * The whole walk on real sockets: Alice calls Bob and transfers him to Carol (RFC 5589 §6.1).
 */
import { writeFileSync } from 'node:fs'
import { parseUri } from 'sip-core'
import { formatTrace, Ladder } from 'sip-core/testing'
import { describeCause, type InviteSession } from 'sip-ua'
import type { TransferOutcome } from 'sip-xfer'
import { readOptions } from './options.ts'
import { Party } from './party.ts'

const options = readOptions(process.argv.slice(2))
const phones = options.bob !== undefined || options.carol !== undefined

// Between three sockets of one machine RFC 3261's waits, made for the Internet, are needlessly long: with a T1 of
// 50 ms the last transaction has ended after 3 s, not 32. A phone gets the RFC's.
const timers = phones ? {} : { T1: 50, T2: 400, T4: 500, D: 3200 }
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const start = (name: string) =>
  Party.start(name, options.host, timers).catch((error: Error) => {
    console.error(error.message)
    process.exit(2)
  })
const alice = await start('Alice')
const bob = options.bob === undefined ? await start('Bob') : undefined
const carol = options.carol === undefined ? await start('Carol') : undefined
const parties = [alice, bob, carol].filter((party) => party !== undefined)

const ladder = new Ladder({
  width: Math.min(process.stdout.columns ?? 100, 120),
  color: process.stdout.isTTY === true,
  ...(options.trace ? {} : { print: (line: string) => console.log(line) }),
})
ladder.party('Alice').party('Bob').party('Carol')
const phoneAt = { Bob: options.bob, Carol: options.carol }
for (const [name, uri] of Object.entries(phoneAt)) {
  const phone = uri === undefined ? undefined : parseUri(uri)
  if (phone?.type === 'sip') ladder.party(name, { host: phone.host, port: phone.port ?? 5060 })
}
for (const { name, endpoint } of parties) {
  if (!options.trace) ladder.watch(name, endpoint)
  else {
    ladder.party(name, ...endpoint.transports.transports.map(({ local }) => local))
    // A message between two of ours is reported by both; the ladder takes it once.
    endpoint.diagnostics.on('message', (trace) => {
      if (ladder.row(trace) !== undefined) console.log(formatTrace(trace))
    })
  }
}

/** One line per party, in the end. */
const outcomes = new Map<string, string>()

bob?.ua.on('invite', async (incoming) => {
  incoming.ring()
  await pause(200)
  const call = incoming.accept({ sdp: bob.sdp })
  bob.xfer.on('refer', async (referral) => {
    const target = referral.follow({ sdp: bob.sdp })
    outcomes.set('Bob', `was sent to ${referral.referTo.uri}, which`)
    const reached = await target.established.then(
      () => true,
      (error: Error) => outcomes.set('Bob', `stayed with Alice: ${error.message}`) && false,
    )
    if (!reached) return
    outcomes.set('Bob', 'talked to Alice, then to Carol')
    await call.ended
    await pause(300)
    await target.end()
  })
})

carol?.ua.on('invite', async (incoming) => {
  if (options.busy) {
    outcomes.set('Carol', 'was busy')
    return incoming.reject(486)
  }
  incoming.ring()
  await pause(300)
  const call = incoming.accept({ sdp: carol.sdp })
  const from = incoming.from.displayName ?? incoming.from.uri
  await call.established.then(
    () => outcomes.set('Carol', `talked to ${from}`),
    (error: Error) => outcomes.set('Carol', `missed ${from}: ${error.message}`),
  )
  if (options.bob === undefined) return
  // Nobody of ours is at the other end to hang up.
  await pause(3000)
  await call.end()
})

function describe(outcome: TransferOutcome): string {
  switch (outcome.result) {
    case 'transferred':
      return `transferred Bob to Carol (${outcome.status} ${outcome.reason})`
    case 'failed':
      switch (outcome.cause.type) {
        case 'refused':
          return `could not transfer Bob: he answered ${outcome.cause.response.status} ${outcome.cause.response.reason}`
        case 'target':
          return `could not transfer Bob: he reports ${outcome.cause.status} ${outcome.cause.reason}`
        default:
          return `could not transfer Bob: ${outcome.cause.error.message}`
      }
    case 'unknown':
      return `cannot tell whether Bob reached Carol (${outcome.cause.type})`
  }
}

/** Alice's part; true if everything came as it should. */
async function run(): Promise<boolean> {
  const call: InviteSession = alice.ua.invite(options.bob ?? (bob as Party).uri, { sdp: alice.sdp })
  try {
    await call.established
  } catch (error) {
    outcomes.set('Alice', `did not reach Bob: ${(error as Error).message}`)
    return false
  }
  await pause(200)
  const transfer = alice.xfer.transfer(call, options.carol ?? (carol as Party).uri)
  const outcome = await transfer.outcome
  if (outcome.result === 'transferred') {
    const cause = await call.ended
    outcomes.set('Alice', `${describe(outcome)}; the call with him has ended: ${describeCause(cause)}`)
    return !options.busy
  }
  const stillThere = call.state === 'confirmed'
  outcomes.set(
    'Alice',
    `${describe(outcome)}; ${stillThere ? 'still has him' : 'the call with him has ended'}`,
  )
  await pause(200)
  await call.end()
  return options.busy && outcome.result === 'failed' && stillThere
}

/** Writes the ladder as a picture; false if it cannot be written. */
function keep(file: string): boolean {
  try {
    writeFileSync(file, ladder.toSvg({ title: 'A blind transfer' }))
    return true
  } catch (error) {
    console.error((error as Error).message)
    return false
  }
}

const isLeft = () => parties.some(({ left }) => Object.values(left).some((count) => count > 0))

const asPlanned = await run()
// Calls between Bob and Carol go on a little; then the last transactions run out (64 * T1 = 32 s with phones).
if (phones) console.log('\nwaiting for the last transactions to run out ...')
for (let waited = 0; isLeft() && waited < (phones ? 120_000 : 15_000); waited += 50) await pause(50)

if (options.trace) console.log(ladder.toString())
const kept = options.svg === undefined || keep(options.svg)
console.log()
for (const name of ['Alice', 'Bob', 'Carol']) {
  console.log(
    `${name.padEnd(6)} ${outcomes.get(name) ?? (parties.some((p) => p.name === name) ? 'was not called' : 'is a phone')}`,
  )
}
for (const { name, left } of parties) {
  if (Object.values(left).some((count) => count > 0))
    console.error(`${name} has left over: ${JSON.stringify(left)}`)
}
const clean = asPlanned && kept && !isLeft()
for (const party of parties) await party.endpoint.close()
process.exitCode = clean ? 0 : 1
