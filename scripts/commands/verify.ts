import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { verifyFile } from '../../documents/verify.ts'
import { DomainError } from '../../schema/errors.ts'
import { UsageError, type Command } from '../command.ts'

export const command: Command = {
  name: 'verify',
  summary: 'tell whether a pack or a letter is as it was made',
  help: `Usage: courtois verify FILE [--json]

Checks a court pack (pack.zip, pack.pdf) or a sealed letter. Needs nothing but FILE: no database, no network.
Every byte counts: a ZIP equals its own canonical re-packing, a PDF's seal covers it whole.

  --json   prints { "ok", "kind", "sentence" }

Exit: 0 untouched, 1 changed (the first difference is told), 2 not something it can verify: another's file, or a PDF that
was never sealed, such as the trials of « courtois letter ».

Examples:
  courtois verify pack/pack.zip
  courtois verify letters/mise-en-demeure.pdf --json`,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { json: { type: 'boolean' } },
    })
    const [path, ...more] = positionals
    if (path === undefined || more.length > 0) throw new UsageError('verify takes one FILE')
    const bytes = await readFile(path).catch((error: unknown) => {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
      throw new UsageError(`cannot read « ${path} » (${code})`)
    })
    try {
      const result = await verifyFile(bytes)
      if (values.json) console.log(JSON.stringify(result))
      else if (result.ok) console.log(result.sentence)
      else console.error(result.sentence)
      return result.ok ? 0 : 1
    } catch (error) {
      if (!(error instanceof DomainError && error.code === 'not_verifiable')) throw error
      if (values.json) console.log(JSON.stringify({ ok: null, kind: null, sentence: error.message }))
      console.error(`${error.message}\n${error.remedy} [${error.code}]`)
      return 2
    }
  },
}
