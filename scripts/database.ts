import { startEmbedded, type Embedded } from '../schema/embedded.ts'

/** Where the embedded database keeps its data, unless DATABASE_URL names another server. */
export const dataDir = (): string => process.env['DATA_DIR'] || 'data'

/** The database that the environment names: DATABASE_URL, else the embedded server under DATA_DIR. */
export async function openDatabase(): Promise<Embedded> {
  const url = process.env['DATABASE_URL']
  return url ? { url, stop: async () => {} } : startEmbedded({ dataDir: dataDir() })
}
