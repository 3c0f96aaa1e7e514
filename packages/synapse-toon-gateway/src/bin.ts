#!/usr/bin/env node
import { main } from './cli.ts'

const code = await main(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
  exit: (status) => process.exit(status),
})
// At once: an idle line to an upstream would keep the process for some seconds more.
process.exit(code)
