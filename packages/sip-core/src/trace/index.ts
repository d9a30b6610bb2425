export { HepSender, type HepSenderOptions } from './hep-sender.ts'
export { PcapWriter, type PcapWriterOptions } from './pcap-writer.ts'
export type { TraceSource } from './wall-clock.ts'
