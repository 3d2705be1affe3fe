import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readTimestamp, requestTimestamp, timestampRequest } from '../documents/proof/timestamp.ts'
import { stampPack } from '../procedures/judicial/packs/timestamps.ts'
import { drain } from '../procedures/jobs/work.ts'
import { assembleFilingPack } from '../procedures/judicial/packs/packs.ts'
import { earliestFiling, openProcedure } from '../procedures/judicial/procedures.ts'
import { seededRandom } from '../schema/random.ts'
import { liveToSignature } from './legal.ts'
import { day, fileOf, useHouse } from './house.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
const nonce = Uint8Array.of(0, 200, 3, 4, 5, 6, 7, 8)

let folder: string
let server: Server
let url: string
let root: X509Certificate
let requests = 0
let mode: 'ts' | 'other' | 'down' = 'ts'
let lastReply: Uint8Array

const openssl = (...args: string[]) =>
  execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] })

/** A real authority on the loopback: `openssl ts` behind HTTP, its certificate under a root of its own. */
beforeAll(async () => {
  if (!hasOpenssl) return
  folder = mkdtempSync(join(tmpdir(), 'courtois-tsa-'))
  const extension = 'keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n'
  writeFileSync(join(folder, 'tsa.ext'), extension)
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'root.key',
    '-out',
    'root.pem',
    '-subj',
    '/CN=Racine essai',
    '-days',
    '30',
  )
  openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'tsa.key',
    '-out',
    'tsa.csr',
    '-subj',
    '/CN=Horodatage essai',
  )
  openssl(
    'x509',
    '-req',
    '-in',
    'tsa.csr',
    '-CA',
    'root.pem',
    '-CAkey',
    'root.key',
    '-CAcreateserial',
    '-extfile',
    'tsa.ext',
    '-out',
    'tsa.pem',
    '-days',
    '30',
  )
  const config = ['[tsa]', 'default_tsa = here', '[here]', `serial = ${folder}/serial`, 'crypto_device = builtin']
  const more = [
    `signer_cert = ${folder}/tsa.pem`,
    `certs = ${folder}/root.pem`,
    `signer_key = ${folder}/tsa.key`,
    'signer_digest = sha256',
  ]
  writeFileSync(
    join(folder, 'tsa.cnf'),
    [...config, ...more, 'default_policy = 1.2.3.4.1', 'digests = sha256', 'accuracy = secs:1', ''].join('\n'),
  )
  writeFileSync(join(folder, 'serial'), '01\n')
  root = new X509Certificate(readFileSync(join(folder, 'root.pem')))
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      requests++
      if (mode === 'down') return void response.writeHead(503).end()
      const query = mode === 'other' ? timestampRequest(hash('something else'), nonce) : Buffer.concat(chunks)
      writeFileSync(join(folder, 'q.tsq'), query)
      openssl('ts', '-reply', '-queryfile', 'q.tsq', '-config', 'tsa.cnf', '-out', 'r.tsr')
      lastReply = readFileSync(join(folder, 'r.tsr'))
      response.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(lastReply)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
afterAll(() => {
  if (!hasOpenssl) return
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

describe.skipIf(!hasOpenssl)('a timestamp of a real authority (skipped without openssl)', () => {
  test('dates the hash by the authority’s clock, and leads to its root', async () => {
    const stamp = await requestTimestamp({ url, certificate: root }, hash('pack'), nonce)
    expect(stamp).toMatchObject({ authority: 'Horodatage essai', trusted: true })
    writeFileSync(join(folder, 'kept.tsr'), stamp.response)
    const said = openssl('ts', '-reply', '-in', 'kept.tsr', '-text').toString()
    expect(Date.parse(/Time stamp: (.*)/.exec(said)![1]!)).toBe(stamp.at.epochMilliseconds)
    expect(
      openssl('ts', '-verify', '-digest', hash('pack'), '-in', 'kept.tsr', '-CAfile', 'root.pem').toString(),
    ).toContain('OK')
  })

  test('from an authority that the house was not told to trust is kept, and said so', async () => {
    expect((await requestTimestamp({ url }, hash('pack'), nonce)).trusted).toBe(false)
  })

  test('of another hash, another request, or changed by one byte, is refused', async () => {
    await requestTimestamp({ url }, hash('pack'), nonce)
    const good = lastReply
    expect(() => readTimestamp(good, { sha256: hash('other') })).toThrow('en attente')
    expect(() => readTimestamp(good, { sha256: hash('pack'), nonce: nonce.with(3, 9) })).toThrow('en attente')
    let missed = 0
    for (let at = 0; at < good.length; at += 7) {
      const changed = new Uint8Array(good)
      changed[at]! ^= 1
      try {
        const { at: time, serial } = readTimestamp(changed, { sha256: hash('pack'), nonce, certificate: root })
        // What the signature does not cover (an algorithm's parameters, an unused certificate) changes no date.
        const { at: before, serial: number } = readTimestamp(good, { sha256: hash('pack'), nonce })
        if (!time.equals(before) || serial !== number) missed++
      } catch {
        continue
      }
    }
    expect(missed).toBe(0)
    mode = 'other'
    await expect(requestTimestamp({ url }, hash('pack'), nonce)).rejects.toMatchObject({ code: 'no_timestamp' })
    mode = 'down'
    await expect(requestTimestamp({ url }, hash('pack'), nonce)).rejects.toMatchObject({ code: 'no_timestamp' })
    mode = 'ts'
  })
})

const random = seededRandom('timestamp')
const house = useHouse(async (made) => {
  const requestId = await liveToSignature(made)
  await openProcedure(made.sql, random, day('2026-07-24'), { requestId }, 'legal')
})

describe('a pack', () => {
  const assemble = async (timestamps?: { url: string; certificate?: X509Certificate }) => {
    const [open] = await house.sql<{ id: string; caseId: string }[]>`select id, case_id from procedures`
    const { id: procedureId, caseId } = open!
    const { on } = earliestFiling(await fileOf(house, caseId))
    const office = { ...house.office, ...(timestamps ? { timestamps } : {}) }
    return { office, pack: await assembleFilingPack(office, on, { procedureId, reason: 'Reste à joindre.' }, 'legal') }
  }
  const stamps = () =>
    house.sql<
      { authority: string; trusted: boolean; token: string }[]
    >`select authority, trusted, token from pack_timestamps`

  test('waits for its timestamp where there is no authority: no clock of the house stands for it', async () => {
    const { office, pack } = await assemble()
    await stampPack(office, pack.id)
    await drain(office, house.url)
    expect(await stamps()).toEqual([])
  })

  test.skipIf(!hasOpenssl)(
    'is dated once, after its transaction, by its ZIP; its bytes do not change (skipped without openssl)',
    async () => {
      const { office, pack } = await assemble({ url, certificate: root })
      requests = 0
      await drain(office, house.url)
      await stampPack(office, pack.id)
      expect(requests).toBe(1)
      const [stamp] = await stamps()
      expect(stamp).toMatchObject({ authority: 'Horodatage essai', trusted: true })
      const token = await house.office.archive.get(stamp!.token)
      writeFileSync(join(folder, 'pack.tsr'), token)
      writeFileSync(join(folder, 'pack.zip'), await house.office.archive.get(pack.zip))
      expect(
        openssl('ts', '-verify', '-data', 'pack.zip', '-in', 'pack.tsr', '-CAfile', 'root.pem').toString(),
      ).toContain('OK')
    },
  )

  test.skipIf(!hasOpenssl)('is asked again later when the authority is down (skipped without openssl)', async () => {
    mode = 'down'
    const { office, pack } = await assemble({ url })
    await expect(stampPack(office, pack.id)).rejects.toMatchObject({ code: 'no_timestamp' })
    expect(await stamps()).toEqual([])
    mode = 'ts'
    await stampPack(office, pack.id)
    expect(await stamps()).toHaveLength(1)
  })
})
