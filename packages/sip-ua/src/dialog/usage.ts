import type { ReceivedRequest } from 'sip-core'

/** What a dialog tells its usages. */
export type DialogEvent =
  /**
   * A request arrived within the dialog, in CSeq order and with a method known here. A usage that takes it
   * answers it through `dialog.accept`; ACKs come here too and have no answer.
   */
  { readonly type: 'request'; readonly received: ReceivedRequest }

/**
 * Something that lives in a dialog: a call, a subscription. A dialog lasts as long as it has one (RFC 5057 §3).
 *
 * @see pjsip_dlg_inc_session, pjsip_dlg_add_usage
 */
export interface DialogUsage {
  /** For people: `invite`, `refer`, ... */
  readonly name: string
  /** True takes it: the other usages do not see it. */
  onDialog(event: DialogEvent): boolean
}
