/**
 * What the resolver asks the name service for. Node's system resolver by default; tests hand in a table.
 */
export interface Dns {
  /**
   * The addresses of a host name, IPv4 and IPv6 literals in the order in which they should be tried.
   *
   * @throws any error (rejects) when the name does not exist or nobody answers
   */
  lookup(host: string): Promise<readonly string[]>
}
