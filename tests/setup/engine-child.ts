// Compiles letters one after another until its standard input ends or it is killed without warning.
import { nativeTypst } from '../../documents/typst/typst.ts'

const engine = nativeTypst({ processes: 1 })
let going = true
process.stdin.on('end', () => (going = false)).resume()
while (going) {
  await engine.compile({
    template: 't.typ',
    sources: { 't.typ': '#lorem(400)' },
    data: {},
    pdf: { timestamp: Temporal.Instant.from('2026-11-23T07:00:00Z'), standard: 'none' },
  })
  process.stdout.write('.')
}
await engine.close()
