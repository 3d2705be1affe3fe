// Holds an embedded server until killed, as `courtois serve` would: the tests kill it without warning.
import { startEmbedded } from '../../schema/embedded.ts'

const { url } = await startEmbedded({ dataDir: process.argv[2]! })
console.log(url)
setInterval(() => {}, 60_000)
