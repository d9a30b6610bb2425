export { type Cause, describeCause, failureCause } from './cause.ts'
export {
  Dialog,
  type DialogId,
  type DialogRequestInit,
  type DialogState,
  type DialogStep,
  dialogDiagnostic,
} from './dialog.ts'
export { DialogLayer, type UacDialogInit, type UasDialogInit } from './dialog-layer.ts'
export { uasRemoteTarget } from './remote-target.ts'
export type { DialogEvent, DialogUsage } from './usage.ts'
