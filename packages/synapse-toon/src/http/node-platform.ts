/** What Node has made; undefined where `node:http` is imitated, whose sockets do not carry HTTP. */
export const platform = findPlatform()

function findPlatform() {
  const { process } = globalThis
  // Not imported: the library also runs where there is no `node:http`.
  if (process?.versions?.bun !== undefined || process?.versions?.deno !== undefined)
    return undefined
  const http = process?.getBuiltinModule?.('node:http')
  const net = process?.getBuiltinModule?.('node:net')
  const util = process?.getBuiltinModule?.('node:util')
  if (http === undefined || net === undefined || util === undefined) return undefined
  return {
    major: Number.parseInt(process.versions.node, 10),
    Socket: net.Socket,
    getSystemErrorName: util.getSystemErrorName,
    writeToResponse: http.OutgoingMessage.prototype.write,
    writeToSocket: net.Socket.prototype.write,
    passBuffer: net.Socket.prototype._write,
  }
}
