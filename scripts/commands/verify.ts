import { parseArgs } from 'node:util'
import { verifyFile } from '../../documents/proof/verify.ts'
import { DomainError } from '../../schema/errors.ts'
import { UsageError, type Command } from '../command.ts'

export const command: Command = {
  name: 'verify',
  summary: 'dit si un dossier de procédure ou une lettre est tel qu’il a été fait',
  help: `Usage : courtois verify FICHIER [--json]

Vérifie un dossier de procédure (pack.zip, pack.pdf), une lettre scellée ou un dossier exporté. Il
ne lui faut que FICHIER : ni base, ni réseau. Chaque octet compte : un ZIP est égal à sa propre
recomposition, le sceau d’un PDF le couvre tout entier.

  --json   donne { "ok", "kind", "sentence" }

Code 0 : intact ; 1 : modifié (la première différence est dite) ; 2 : rien qu’il puisse vérifier,
comme le fichier d’un autre, ou un PDF jamais scellé, tel un essai de « courtois letter ».

Exemples
  courtois verify pack/pack.zip
  courtois verify letters/mise-en-demeure.pdf --json`,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { json: { type: 'boolean' } },
    })
    const [path, ...more] = positionals
    if (path === undefined || more.length > 0) throw new UsageError('donnez un seul FICHIER')
    try {
      const result = await verifyFile(path)
      if (values.json) console.log(JSON.stringify(result))
      else if (result.ok) console.log(result.sentence)
      else console.error(result.sentence)
      return result.ok ? 0 : 1
    } catch (error) {
      if (isOfDisk(error)) throw new UsageError(`« ${path} » ne se lit pas (${error.code})`)
      if (!(error instanceof DomainError && error.code === 'not_verifiable')) throw error
      if (values.json) console.log(JSON.stringify({ ok: null, kind: null, sentence: error.message }))
      console.error(`${error.message}\n${error.remedy} [${error.code}]`)
      return 2
    }
  },
}

const isOfDisk = (error: unknown): error is NodeJS.ErrnoException & { code: string } =>
  error instanceof Error && 'syscall' in error && 'code' in error
