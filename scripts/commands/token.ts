import { parseArgs } from 'node:util'
import { loadSecret, roles, signToken } from '../../api/auth.ts'
import { houseClock } from '../../api/cron.ts'
import { rowId } from '../../api/values.ts'
import { type Command, UsageError } from '../command.ts'
import { dataDir } from '../database.ts'

export const command: Command = {
  name: 'token',
  summary: 'a development token for the API',
  help: `Usage: courtois token --role ROLE [--creditor ID] [--bailiff ID] [--name NAME] [--json]

Signs a token of thirty days with COURTOIS_SECRET, or with the secret that \`serve\` keeps under DATA_DIR (./data).

  --role ROLE       ${roles.join(', ')}
  --creditor ID     whose cases a creditor sees (required for that role)
  --bailiff ID      whose packs a bailiff sees (required for that role)
  --name NAME       who acts, for the journal
  --json            prints { "token", "role", "name" }

Example: curl -H "Authorization: Bearer $(courtois token --role legal)" localhost:4000/graphql …`,
  async run(argv) {
    const { values } = parseArgs({
      args: argv,
      options: {
        role: { type: 'string' },
        creditor: { type: 'string' },
        bailiff: { type: 'string' },
        name: { type: 'string' },
        json: { type: 'boolean' },
      },
    })
    const role = roles.find((known) => known === values.role)
    if (!role) throw new UsageError(`--role is one of ${roles.join(', ')}`)
    if (role === 'creditor' && !values.creditor) throw new UsageError('a creditor needs --creditor ID')
    if (role === 'bailiff' && !values.bailiff) throw new UsageError('a bailiff needs --bailiff ID')
    const name = values.name ?? `${role} (développement)`
    const viewer = {
      role,
      name,
      creditorId: role === 'creditor' ? rowId('Creditor', values.creditor!) : null,
      bailiffId: role === 'bailiff' ? rowId('Bailiff', values.bailiff!) : null,
    }
    const token = await signToken(loadSecret(dataDir()), viewer, houseClock().now())
    console.log(values.json ? JSON.stringify({ token, role, name }) : token)
  },
}
