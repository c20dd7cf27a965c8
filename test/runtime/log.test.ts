import { describe, expect, test } from 'vitest'
import { createLog, createSecretRegistry } from '../../src/runtime/log.ts'

function logged(write: (log: ReturnType<typeof createLog>, secrets: ReturnType<typeof createSecretRegistry>) => void) {
  const lines: string[] = []
  const secrets = createSecretRegistry()
  write(createLog('info', secrets, { write: (line) => void lines.push(line) }), secrets)
  return lines.join('')
}

describe('the log', () => {
  test('is one JSON object a line, with level and time', () => {
    const line = JSON.parse(logged((log) => log.info({ key: 'a' }, 'hello')))
    expect(line).toMatchObject({ level: 'info', key: 'a', msg: 'hello' })
    expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT/)
  })

  test('leaves out what is below its level', () => expect(logged((log) => log.debug({}, 'x'))).toBe(''))

  const secretCases: [what: string, fields: object][] = [
    ['a field named token', { token: 'abc-secret' }],
    ['a header', { headers: { authorization: 'Bearer abc-secret' } }],
    ['a nested password', { login: { password: 'abc-secret' } }],
  ]
  test.each(secretCases)('masks %s', (_, fields) => {
    const text = logged((log) => log.info(fields, 'x'))
    expect(text).not.toContain('abc-secret')
    expect(text).toContain('[secret]')
  })

  test('masks a known secret wherever it turns up: in messages, errors and encodings', () => {
    const text = logged((log, secrets) => {
      secrets.add('s3cr3t/value\n')
      const error = new Error('fetch https://user:s3cr3t/value@host failed')
      log.error({ err: error }, 'header was s3cr3t/value')
      log.info({ url: `https://host/?t=${encodeURIComponent('s3cr3t/value')}` }, 'x')
      log.info({ basic: Buffer.from('s3cr3t/value').toString('base64') }, 'x')
    })
    expect(text).not.toMatch(/s3cr3t/)
    expect(text).not.toContain(Buffer.from('s3cr3t/value').toString('base64'))
  })

  test('does not mask ordinary words because a secret is short', () => {
    expect(
      logged((log, secrets) => {
        secrets.add('web')
        log.info({}, 'deployment web')
      }),
    ).toContain('deployment web')
  })
})
