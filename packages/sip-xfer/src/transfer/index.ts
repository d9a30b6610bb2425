export { type FollowInit, Referral } from './referral.ts'
export {
  type HangUp,
  Transfer,
  type TransferEvents,
  type TransferFailure,
  type TransferOutcome,
  type TransferProgress,
  type TransferSilence,
  type TransferStep,
  transferDiagnostic,
} from './transfer.ts'
export { type TransferInit, Xfer, type XferEvents } from './xfer.ts'
