import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto'

/** What a copy of the database alone must not tell: sealed and found by keys that only the secret of the house gives. */
export interface Vault {
  /** Names the secret without telling it: the database knows by it whether it is its own. */
  id(): string
  /**
   * What a short code is found by. Keyed, because all sixty bits of a code can be tried against a bare hash, for every row at
   * once; codes are too few for that alone.
   */
  mark(code: string): string
  /** The text, for nobody without the secret; `about` binds it to its row. The same text in the same row gives the same. */
  seal(text: string, about: string): string
  /** Null for what another secret sealed, or for another row, or what was changed. */
  open(sealed: string, about: string): string | null
}

const [nonceBytes, tagBytes] = [12, 16]

/** The secret is read when it is first needed: most commands never do. */
export function vaultOf(secret: () => Uint8Array): Vault {
  let made: Record<'id' | 'mark' | 'seal' | 'nonce', Buffer> | undefined
  const keys = () => {
    if (made) return made
    const given = secret()
    const key = (use: string) => Buffer.from(hkdfSync('sha256', given, '', `courtois ${use}`, 32))
    return (made = { id: key('id'), mark: key('mark'), seal: key('seal'), nonce: key('nonce') })
  }
  const hmac = (use: 'mark' | 'nonce', text: string) => createHmac('sha256', keys()[use]).update(text).digest()
  return {
    id: () => keys().id.toString('hex', 0, 16),
    mark: (code) => hmac('mark', code).toString('hex'),
    seal(text, about) {
      // Of the text and its row, so that it never serves two texts, and no chance is needed.
      const nonce = hmac('nonce', JSON.stringify([about, text])).subarray(0, nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', keys().seal, nonce).setAAD(Buffer.from(about))
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64')
    },
    open(sealed, about) {
      const bytes = Buffer.from(sealed, 'base64')
      if (bytes.length < nonceBytes + tagBytes) return null
      const decipher = createDecipheriv('aes-256-gcm', keys().seal, bytes.subarray(0, nonceBytes))
        .setAAD(Buffer.from(about))
        .setAuthTag(bytes.subarray(-tagBytes))
      try {
        return decipher.update(bytes.subarray(nonceBytes, -tagBytes), undefined, 'utf8') + decipher.final('utf8')
      } catch {
        return null
      }
    },
  }
}
