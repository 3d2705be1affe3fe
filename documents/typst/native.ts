// The program of one child process: the native Typst compiler, in a workspace where nothing is but what it is handed.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { NodeCompiler, type NodeError } from '@myriaddreamin/typst-ts-node-compiler'
import { fontBlobs } from './fonts.ts'
import type { TypstDiagnostic, TypstReply, TypstTask } from './typst.ts'

const workspace = join(process.argv[2]!, 'workspace')
const compiler = NodeCompiler.create({ workspace, fontArgs: [{ fontBlobs: fontBlobs() }] })
// Characters of data, as of a pack of some hundred pages: what is kept of it weighs much, and is not asked for again.
const large = 20_000
let jobs = 0

process.on('message', (task: TypstTask) => void answer(task))
// Nobody is left to print for: the program that started this one is gone, which is no fault of ours to report.
process.on('disconnect', () => process.exit(0))

async function answer(task: TypstTask): Promise<void> {
  const reply = run(task)
  // Both are needed for memory to come back: the cache let go, and a turn of the loop for the finalisers. Some ten jobs is what
  // Typst itself keeps while it watches a file: longer weighs more and wins nothing. It looks through all of it, so not each time.
  jobs++
  if (task.files.length > 0 || task.data.length > large) compiler.evictCache(0)
  else if (jobs % 3 === 0) compiler.evictCache(3)
  // What JavaScript no longer names is only let go when it looks, and so little garbage never makes it look.
  if (task.data.length > large) globalThis.gc?.()
  await setImmediate()
  process.send!({ ...byFile(reply), weight: process.memoryUsage.rss() } as TypstReply, () => {})
}

const larger = 8 << 20

function byFile(
  reply: ReturnType<typeof run>,
): { bytes: Uint8Array } | { file: string } | { diagnostics: TypstDiagnostic[] } {
  if (!('bytes' in reply) || reply.bytes.length < larger) return reply
  const file = join(process.argv[2]!, `reply-${process.pid}-${jobs}`)
  writeFileSync(file, reply.bytes, { mode: 0o600 })
  return { file }
}

function run(task: TypstTask): { bytes: Uint8Array } | { diagnostics: TypstDiagnostic[] } {
  compiler.resetShadow()
  for (const [name, text] of Object.entries(task.sources)) compiler.mapShadow(join(workspace, name), Buffer.from(text))
  for (const [path, file] of task.files) compiler.mapShadow(join(workspace, path), readFileSync(file))
  const compiled = compiler.compile({ mainFilePath: join(workspace, task.template), inputs: { data: task.data } })
  if (!compiled.result) return { diagnostics: diagnosticsOf(compiled.takeError() ?? compiled.takeDiagnostics(), task) }
  try {
    const bytes = compiler.pdf(compiled.result, {
      ...(task.standard === undefined ? {} : { pdfStandard: task.standard }),
      pdfTags: task.tagged,
      creationTimestamp: task.timestamp,
    })
    return { bytes }
  } catch (error) {
    // The export has no diagnostics of its own: its message is the printed list of them.
    const text = error instanceof Error ? error.message : String(error)
    const messages = [...text.matchAll(/message: "((?:[^"\\]|\\.)*)"/g)].map((match) =>
      match[1]!.replaceAll('\\"', '"'),
    )
    return {
      diagnostics: (messages.length ? messages : [text]).map((message) => ({
        file: task.template,
        line: 0,
        column: 0,
        message,
      })),
    }
  }
}

interface RawDiagnostic {
  message: string
  path: string
  severity: number
  range?: { start: { line: number; character: number } }
}

function diagnosticsOf(error: NodeError | null, task: TypstTask): TypstDiagnostic[] {
  if (!error) return [{ file: task.template, line: 0, column: 0, message: 'aucun document produit' }]
  return (compiler.fetchDiagnostics(error) as RawDiagnostic[]).map(({ message, path, range }) => ({
    file: path.replace(`${workspace}/`, ''),
    line: range ? range.start.line + 1 : 0,
    column: range ? range.start.character + 1 : 0,
    message,
  }))
}
