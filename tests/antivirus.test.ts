import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { zipSync } from 'fflate'
import { admitBytes, type Antivirus, clamd } from '../documents/antivirus.ts'
import { useApi } from './api.ts'

const eicar = `X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-${'ANTIVIRUS-TEST-FILE!$H+H*'}`
const text = (words: string) => new TextEncoder().encode(words)

let server: Server | undefined
afterEach(() => new Promise<void>((done) => (server?.listening ? void server.close(() => done()) : done())))

interface Asked {
  command: string
  file: Buffer
}

/** What clamd does: reads INSTREAM in pieces of announced length, then says what it found in the whole. */
async function daemon(
  options: { most?: number; silent?: boolean; says?: string } = {},
): Promise<{ antivirus: Antivirus; asked: Asked[] }> {
  const asked: Asked[] = []
  server = createServer((socket) => {
    let left: Buffer = Buffer.alloc(0)
    let command: string | undefined
    let file: Buffer = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (part: Buffer) => {
      left = Buffer.concat([left, part])
      if (command === undefined) {
        const end = left.indexOf(0)
        if (end < 0) return
        command = left.subarray(0, end).toString()
        left = left.subarray(end + 1)
      }
      while (left.length >= 4 && left.length >= 4 + left.readUInt32BE(0)) {
        const length = left.readUInt32BE(0)
        file = Buffer.concat([file, left.subarray(4, 4 + length)])
        left = left.subarray(4 + length)
        if (options.most && file.length > options.most) return void socket.end('INSTREAM size limit exceeded. ERROR\0')
        if (length > 0) continue
        asked.push({ command, file })
        if (options.silent) return void socket.end()
        socket.end(options.says ?? (file.includes('mauvais') ? 'stream: Test.Mauvais FOUND\0' : 'stream: OK\0'))
      }
    })
  })
  await new Promise<void>((ready) => void server!.listen(0, '127.0.0.1', ready))
  return { antivirus: clamd({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }), asked }
}
const refusal = (name: string, bytes: Uint8Array, antivirus?: Antivirus) =>
  admitBytes(name, bytes, antivirus).then(
    () => null,
    (error: unknown) => error as { code: string; message: string },
  )

describe('without an antivirus', () => {
  test('the test file of antivirus makers is refused by its name, whatever it is called', async () => {
    for (const name of ['facture.pdf', 'eicar.com', 'notes.txt'])
      expect(await refusal(name, text(`${eicar}\r\n`))).toMatchObject({
        code: 'file_infected',
        message: expect.stringContaining('EICAR'),
      })
  })

  test.each([
    ['facture.pdf.exe', text('rien')],
    ['facture.pdf', text('MZ\x90\0')],
    ['releve.txt', Buffer.from('\x7fELF\x02', 'latin1')],
    ['lisez-moi', text('#!/bin/sh\nrm -rf /')],
    ['facture.js', text('alert(1)')],
    ['macro.vbs', text('MsgBox 1')],
    ['pieces.zip', zipSync({ 'dossier/facture.scr': text('rien') })],
  ])('a program or a script is refused by its type: %s', async (name, bytes) => {
    expect(await refusal(name, bytes)).toMatchObject({ code: 'file_program' })
  })

  test.each([
    ['facture.pdf', text('%PDF-1.7')],
    ['releve.csv', text('date;montant')],
    ['courrier.docx', zipSync({ '[Content_Types].xml': text('<Types/>'), 'word/document.xml': text('<w/>') })],
  ])('a document is let in: %s', async (name, bytes) => {
    expect(await refusal(name, bytes)).toBeNull()
  })
})

describe('asked of clamd by INSTREAM', () => {
  test('a file goes to it whole, in pieces, and is let in when nothing is found', async () => {
    const { antivirus, asked } = await daemon()
    const bytes = Buffer.alloc(3_500_000, 'courtois')
    expect(await refusal('scan.pdf', bytes, antivirus)).toBeNull()
    expect(asked).toHaveLength(1)
    expect(asked[0]!.command).toBe('zINSTREAM')
    expect(asked[0]!.file.equals(bytes)).toBe(true)
  })

  test('what it finds is named, and refused', async () => {
    const { antivirus } = await daemon()
    expect(await refusal('scan.pdf', text('un mauvais fichier'), antivirus)).toMatchObject({
      code: 'file_infected',
      message: expect.stringContaining('Test.Mauvais'),
    })
  })

  test.each<[string, string, Parameters<typeof daemon>[0]]>([
    ['hangs up without a word', 'antivirus_silent', { silent: true }],
    ['says something else', 'antivirus_silent', { says: 'stream: Can’t allocate memory ERROR\0' }],
    ['takes no file that long', 'antivirus_limit', { most: 1000 }],
  ])('one that %s lets nothing in, and says so: %s', async (_fault, code, options) => {
    const { antivirus } = await daemon(options)
    expect(await refusal('scan.pdf', Buffer.alloc(2_000_000, 'a'), antivirus)).toMatchObject({ code })
  })

  test('one that is not there lets nothing in', async () => {
    const refused = await refusal('scan.pdf', text('a'), clamd({ host: '127.0.0.1', port: 1 }))
    expect(refused).toMatchObject({ code: 'antivirus_silent' })
  })
})

describe('an upload', () => {
  const api = useApi()
  const upload = async (fileName: string, bytes: Uint8Array) => {
    const ask = `mutation { requestUpload(input: { fileName: "${fileName}" }) { ... on RequestUploadPayload { uploadId url } } }`
    const { url } = (await api.ask({ role: 'admin' }, ask)).body.data.requestUpload
    const response = await api.app.request(url.replace('http://api.test', ''), {
      method: 'PUT',
      body: bytes as BodyInit,
    })
    const body = (await response.json()) as { errors?: { extensions: { code: string } }[] }
    return { status: response.status, code: body.errors?.[0]?.extensions.code }
  }

  test('is looked at before it is kept, and nothing is kept of one that is refused', async () => {
    const { antivirus, asked } = await daemon()
    api.office.antivirus = antivirus
    expect(await upload('facture.pdf', text('%PDF-1.7 bon'))).toEqual({ status: 201, code: undefined })
    expect(asked).toHaveLength(1)
    expect((await upload('facture.pdf', text('%PDF-1.7 mauvais'))).code).toBe('file_infected')
    expect((await upload('facture.pdf', text(eicar))).code).toBe('file_infected')
    expect((await upload('facture.exe', text('a'))).code).toBe('file_program')
    api.office.antivirus = clamd({ host: '127.0.0.1', port: 1 })
    expect(await upload('facture.pdf', text('%PDF-1.7 bon'))).toEqual({ status: 503, code: 'antivirus_silent' })
    const kept = await api.sql<{ sha256: string | null }[]>`select sha256 from uploads where sha256 is not null`
    expect(kept).toHaveLength(1)
  })
})
