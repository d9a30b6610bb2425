import type { OutgoingRequest } from 'sip-core'
import { type Cause, type Dialog, failureCause } from '../dialog/index.ts'

/**
 * Ends what an INVITE has set up in a dialog (RFC 3261 §15.1.1).
 *
 * @param done told when the peer has answered, or never will; more than once, perhaps
 */
export function sendBye(dialog: Dialog, done: (cause: Cause) => void): void {
  send(dialog, dialog.createRequest('BYE'), done)
}

function send(dialog: Dialog, bye: OutgoingRequest, done: (cause: Cause) => void): void {
  let ended = (): void => done({ type: 'local' })
  dialog.send(bye, {
    onClientRequest: (event) => {
      switch (event.type) {
        case 'response':
          if (dialog.wasOvertaken(event.received)) {
            ended = () => {}
            send(dialog, dialog.repeat(bye), done)
          } else if (event.received.message.status >= 200) ended()
          break
        case 'failed':
          ended = () => done(failureCause(event.error))
          break
        case 'terminated':
          ended()
          break
      }
    },
  })
}
