// Holds an embedded server until killed, as `courtois serve` would: the tests kill it without warning. Without a folder, a
// throwaway one, as the demo would.
import { startEmbedded, startThrowaway } from '../../schema/embedded.ts'

const [, , dataDir] = process.argv
const starting = dataDir ? startEmbedded({ dataDir }) : startThrowaway()
if (!dataDir) console.log('starting')
const { url } = await starting
console.log(dataDir ? url : 'started')
setInterval(() => {}, 60_000)
