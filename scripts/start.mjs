// `npm start [-- OPTIONS]`: the gateway, from a fresh clone on.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root, setup } from './setup.mjs'

setup()
const cli = join(root, 'packages/synapse-toon-gateway/dist/cli.mjs')
const gateway = spawn(process.execPath, [cli, 'serve', ...process.argv.slice(2)], {
  stdio: 'inherit',
})
// A terminal's Ctrl-C reaches the gateway too; sent on, it would count as a second one.
const isFromTerminal = (signal) => signal === 'SIGINT' && process.stdin.isTTY
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => isFromTerminal(signal) || gateway.kill(signal))
}
gateway.on('exit', (code, signal) => process.exit(signal === null ? code : 1))
