import * as headers from '../message/header/index.ts'
import type { HeaderCodec } from '../message/header-codec.ts'
import { HeaderTable } from '../message/header-table.ts'

/** The headers of this package: in a message that was taken each of them is well-formed. */
const KNOWN: readonly HeaderCodec<unknown>[] = [
  headers.Via,
  headers.From,
  headers.To,
  headers.CallId,
  headers.CSeq,
  headers.MaxForwards,
  headers.Contact,
  headers.Route,
  headers.RecordRoute,
  headers.ContentLength,
  headers.ContentType,
  headers.ContentDisposition,
  headers.ContentEncoding,
  headers.Allow,
  headers.Supported,
  headers.Require,
  headers.ProxyRequire,
  headers.Unsupported,
  headers.Accept,
  headers.Expires,
  headers.MinExpires,
  headers.RetryAfter,
  headers.Path,
  headers.ServiceRoute,
  headers.WWWAuthenticate,
  headers.ProxyAuthenticate,
  headers.Authorization,
  headers.ProxyAuthorization,
  headers.AuthenticationInfo,
  headers.ProxyAuthenticationInfo,
]

const NO_OTHERS: readonly HeaderCodec<unknown>[] = []
const tables = new WeakMap<readonly HeaderCodec<unknown>[], HeaderTable>()

/** This package's headers and `others`. The table is made once for each array. */
export function tableWith(others: readonly HeaderCodec<unknown>[] = NO_OTHERS): HeaderTable {
  const table = tables.get(others) ?? new HeaderTable([...KNOWN, ...others])
  tables.set(others, table)
  return table
}
