import { transactionDiagnostic } from 'sip-core'
import { subscriptionDiagnostic } from 'sip-simple'
import { callDiagnostic, dialogDiagnostic } from 'sip-ua'
import { transferDiagnostic } from 'sip-xfer'
import { expect, it } from 'vitest'
import { Trio } from '../support/trio.ts'

it('a transfer shows in every layer of the one who asked for it', async () => {
  const trio = await Trio.meet()
  const { diagnostics } = trio.alice.ua.endpoint
  const shown: Record<string, string[]> = { dialog: [], call: [], subscription: [], transfer: [] }
  const transactions = new Set<string>()
  diagnostics
    .on(transactionDiagnostic, ({ transaction, to }) => transactions.add(`${transaction.method} ${to}`))
    .on(dialogDiagnostic, ({ from, to }) => shown.dialog?.push(`${from} > ${to}`))
    .on(callDiagnostic, ({ from, to }) => shown.call?.push(`${from} > ${to}`))
    .on(subscriptionDiagnostic, ({ role, from, to }) => shown.subscription?.push(`${role} ${from} > ${to}`))
    .on(transferDiagnostic, (step) => shown.transfer?.push(step.type))
  await trio.talk()
  trio.onCarolsPhone = (incoming) => incoming.accept({ sdp: 'v=0 carol' })
  await trio.transfer()
  await trio.world.clock.play(100)
  expect(shown.dialog).toEqual(['undefined > null', 'null > confirmed', 'confirmed > terminated'])
  expect(shown.call?.at(-1)).toMatch(/> disconnected$/)
  expect(shown.subscription?.at(-1)).toMatch(/^subscriber .* > terminated$/)
  expect(shown.transfer?.at(0)).toBe('asked')
  expect(shown.transfer?.at(-1)).toBe('outcome')
  expect([...transactions]).toEqual(
    expect.arrayContaining(['INVITE calling', 'REFER trying', 'BYE completed']),
  )
  await trio.part()
})

it('nothing that nobody listens to is made', async () => {
  const trio = await Trio.meet()
  const asked = new Set<string>()
  const made: string[] = []
  trio.alice.ua.endpoint.diagnostics.pipe({
    wants(name) {
      asked.add(name)
      return false
    },
    take: (name) => made.push(name),
  })
  await trio.talk()
  await trio.transfer()
  expect([...asked]).toEqual(
    expect.arrayContaining(['message', 'transaction', 'dialog', 'call', 'subscription', 'transfer']),
  )
  expect(made).toEqual([])
  await trio.part()
})
