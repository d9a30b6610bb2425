/** `pnpm torture`: a row for each message of RFC 4475 and RFC 5118; ends with 1 if one is wrong. */
import { expectations } from './expectations.ts'
import { judge } from './torture.ts'

const verdicts = []
for (const expectation of expectations) verdicts.push(await judge(expectation))
for (const { expectation, seen, wrong } of verdicts) {
  const { name, rfc, section, wants } = expectation
  const verdict = wrong.length === 0 ? 'ok   ' : 'WRONG'
  console.log(`${verdict} ${name.padEnd(29)} ${rfc} ${section.padEnd(8)} ${seen.padEnd(22)} ${wants}`)
  for (const what of wrong) console.log(`      ${what}`)
}
const failed = verdicts.filter(({ wrong }) => wrong.length > 0).length
console.log(`\n${verdicts.length - failed} of ${verdicts.length} as the RFCs want them`)
process.exitCode = failed > 0 ? 1 : 0
