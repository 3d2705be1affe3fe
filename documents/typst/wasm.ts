// The program of one worker thread: Typst as WebAssembly, which sees neither disk nor network.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { parentPort } from 'node:worker_threads'
import { createTypstCompiler } from '@myriaddreamin/typst.ts/compiler'
import { loadFonts } from '@myriaddreamin/typst.ts/options.init'
import { fontBlobs } from './fonts.ts'
import type { TypstDiagnostic, TypstReply, TypstTask } from './typst.ts'

const require = createRequire(import.meta.url)
const wasm = require.resolve('@myriaddreamin/typst-ts-web-compiler/pkg/typst_ts_web_compiler_bg.wasm')
const compiler = createTypstCompiler()
const ready = compiler.init({
  getModule: () => readFileSync(wasm),
  // Without `assets: false` it fetches fonts from a public server.
  beforeBuild: [loadFonts(fontBlobs(), { assets: false })],
})
let jobs = 0

parentPort!.on('message', (task: TypstTask) => void answer(task))

async function answer(task: TypstTask): Promise<void> {
  await ready
  parentPort!.postMessage({ ...(await run(task)), weight: ++jobs } as TypstReply)
}

async function run(task: TypstTask): Promise<{ bytes: Uint8Array } | { diagnostics: TypstDiagnostic[] }> {
  compiler.resetShadow()
  for (const [name, text] of Object.entries(task.sources)) compiler.addSource(`/${name}`, text)
  for (const [path, file] of task.files) compiler.mapShadow(path, readFileSync(file))
  try {
    const { result, diagnostics } = await compiler.compile({
      mainFilePath: `/${task.template}`,
      // This engine takes no time from outside: the template dates the document from this input when it has one.
      inputs: { data: task.data, timestamp: String(task.timestamp) },
      format: 1,
      diagnostics: 'full',
    })
    if (result) return { bytes: result }
    return { diagnostics: (diagnostics ?? []).map(readable) }
  } catch (error) {
    return { diagnostics: [{ file: task.template, line: 0, column: 0, message: String(error) }] }
  }
}

function readable({ path, range, message }: { path: string; range: string; message: string }): TypstDiagnostic {
  const [line = '0', column = '0'] = range.split('-')[0]!.split(':')
  return { file: path.replace(/^\//, ''), line: Number(line) + 1, column: Number(column) + 1, message }
}
