import { generateKeyPairSync, sign } from 'node:crypto'

/** A certificate and its key, as PEM. */
export interface Certificate {
  readonly certificate: string
  readonly key: string
}

/** [X.690] tags of what a certificate is made of. */
const INTEGER = 0x02
const BIT_STRING = 0x03
const OBJECT_ID = 0x06
const UTC_TIME = 0x17
const SEQUENCE = 0x30

/** ecdsa-with-SHA256, 1.2.840.10045.4.3.2. [RFC 5758 §3.2] */
const ECDSA_SHA256 = Buffer.from('2a8648ce3d040302', 'hex')

/** Signs a certificate of its own for a TLS server of a test; nobody trusts it. [RFC 5280 §4.1] */
export function makeCertificate(): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = der(SEQUENCE, der(OBJECT_ID, ECDSA_SHA256))
  const anonymous = der(SEQUENCE)
  const validity = ['500101000000Z', '491231235959Z'].map((time) =>
    der(UTC_TIME, Buffer.from(time)),
  )
  const body = der(
    SEQUENCE,
    der(INTEGER, Buffer.from([1])),
    algorithm,
    anonymous,
    der(SEQUENCE, ...validity),
    anonymous,
    publicKey.export({ type: 'spki', format: 'der' }),
  )
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)])
  const whole = der(SEQUENCE, body, algorithm, der(BIT_STRING, signature))
  const lines = whole.toString('base64').replace(/.{64}(?!$)/g, '$&\n')
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

/** One value with its tag and length. [X.690 §8.1] */
function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const short = content.length < 128
  const size = Buffer.alloc(short ? 1 : 3)
  if (short) size.writeUInt8(content.length)
  else {
    size.writeUInt8(0x82)
    size.writeUInt16BE(content.length, 1)
  }
  return Buffer.concat([Buffer.from([tag]), size, content])
}
