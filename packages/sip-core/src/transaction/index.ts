export type {
  ClientTransaction,
  ClientTransactionEvent,
  ClientTransactionState,
  ClientTransactionUser,
} from './client-transaction.ts'
export { newBranch } from './key.ts'
export type {
  ServerTransaction,
  ServerTransactionEvent,
  ServerTransactionState,
  ServerTransactionUser,
} from './server-transaction.ts'
export { DEFAULT_TIMERS, type Timers } from './timers.ts'
export {
  TransactionLayer,
  type TransactionLayerContext,
  type TransactionStep,
  transactionDiagnostic,
} from './transaction-layer.ts'
export { createVia, newVia } from './via.ts'
