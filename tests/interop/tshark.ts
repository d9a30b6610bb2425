import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/**
 * What tshark reads in a capture: for each packet the given fields, as texts ('' where a packet has none).
 *
 * @param options.decodeAs what to take the packets of a port for (`udp.port==5070,sip`)
 */
export async function dissect<F extends string>(
  file: string,
  fields: readonly F[],
  options: { readonly decodeAs?: readonly string[] } = {},
): Promise<readonly Readonly<Record<F, string>>[]> {
  const checked = ['ip', 'udp', 'tcp'].flatMap((layer) => ['-o', `${layer}.check_checksum:TRUE`])
  const { stdout } = await promisify(execFile)(
    'tshark',
    [
      ...['-n', '-r', file, '-T', 'fields', '-E', 'separator=/t'],
      ...checked,
      ...(options.decodeAs ?? []).flatMap((rule) => ['-d', rule]),
      ...fields.flatMap((field) => ['-e', field]),
    ],
    { env: { ...process.env, LC_ALL: 'C' }, maxBuffer: 1 << 26 },
  )
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const values = line.split('\t')
      return Object.fromEntries(fields.map((field, i) => [field, values[i] ?? ''])) as Record<F, string>
    })
}
