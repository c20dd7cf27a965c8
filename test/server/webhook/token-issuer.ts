import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, type GenerateKeyPairResult, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

/** Who gives tokens to a sender: an HTTP server with its public keys, and the private one. */
export interface TokenIssuer {
  keysUrl: string
  /** How often the keys were asked for. */
  readonly asked: number
  /** A token signed with the newest key, or with one that nobody knows. */
  token(claims: JWTPayload, options?: { stranger?: boolean }): Promise<string>
  /** From now on another key signs; the old one is not published any more. */
  rotate(): Promise<void>
  /** What the server answers instead of its keys. */
  answer: { status: number; body: string } | undefined
  close(): Promise<void>
}

/** Keys take long to make, so all issuers draw from the same ones, in order. */
const pool: Promise<GenerateKeyPairResult>[] = []

async function drawKey(number: number) {
  pool[number] ??= generateKeyPair('RS256')
  return { ...(await pool[number]), kid: `key-${number}` }
}

export async function startTokenIssuer(): Promise<TokenIssuer> {
  let asked = 0
  let drawn = 1
  const stranger = await drawKey(0)
  let key = await drawKey(drawn)
  const server = createServer(async (_, response) => {
    asked++
    const keys = [{ ...(await exportJWK(key.publicKey)), kid: key.kid, alg: 'RS256', use: 'sig' }]
    const { status, body } = issuer.answer ?? { status: 200, body: JSON.stringify({ keys }) }
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer: TokenIssuer = {
    keysUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/certs`,
    get asked() {
      return asked
    },
    token(claims, options = {}) {
      const signer = options.stranger === true ? { ...stranger, kid: key.kid } : key
      return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: signer.kid }).sign(signer.privateKey)
    },
    async rotate() {
      key = await drawKey(++drawn)
    },
    answer: undefined,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
  return issuer
}
