import { expect, it } from 'vitest'
import { type AwsRequest, signAwsRequest } from '../../../../src/adapters/registry/cloud/sigv4.ts'

/** The key, scope and time of AWS' published Signature Version 4 test suite (aws-sig-v4-test-suite). */
const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const scope = { region: 'us-east-1', service: 'service', at: new Date('2015-08-30T12:36:00Z') }
const example = new URL('https://example.amazonaws.com/')
const form = { 'content-type': 'application/x-www-form-urlencoded' }

const published: [string, AwsRequest, typeof scope, string][] = [
  [
    'get-vanilla',
    { method: 'GET', url: example, headers: {}, body: '' },
    scope,
    '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  ],
  [
    'post-vanilla',
    { method: 'POST', url: example, headers: {}, body: '' },
    scope,
    '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  ],
  [
    'post-x-www-form-urlencoded',
    { method: 'POST', url: example, headers: form, body: 'Param1=value1' },
    scope,
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  ],
  [
    'get-vanilla-query-order-key-case',
    {
      method: 'GET',
      url: new URL('https://example.amazonaws.com/?Param2=value2&Param1=value1'),
      headers: {},
      body: '',
    },
    scope,
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
  [
    'the ListUsers request of the IAM documentation',
    {
      method: 'GET',
      url: new URL('https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08'),
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: '',
    },
    { ...scope, service: 'iam' },
    '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  ],
]

it.each(published)('signs %s as published', (_, request, at, signature) => {
  const { authorization } = signAwsRequest(request, keys, at)
  expect(authorization).toContain(`Credential=AKIDEXAMPLE/20150830/us-east-1/${at.service}/aws4_request`)
  expect(authorization.split('Signature=')[1]).toBe(signature)
})

it('signs the token of a temporary identity too', () => {
  const request = { method: 'POST', url: example, headers: {}, body: '' }
  const headers = signAwsRequest(request, { ...keys, sessionToken: 'session' }, scope)
  expect(headers).toMatchObject({ 'x-amz-date': '20150830T123600Z', 'x-amz-security-token': 'session' })
  expect(headers.authorization).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token,')
})
