// Adds up vitest's JSON reports, and says so in one line. A report that is missing counts as failed.
import { existsSync, readFileSync } from 'node:fs'

let passed = 0
let failed = 0
for (const file of process.argv.slice(2)) {
  if (!existsSync(file)) {
    failed++
    continue
  }
  const report = JSON.parse(readFileSync(file, 'utf8'))
  passed += report.numPassedTests
  // A file that could not be loaded has no tests to fail.
  const unloaded = report.testResults.filter(
    (suite) => suite.status === 'failed' && suite.assertionResults.length === 0,
  ).length
  failed += report.numFailedTests + unloaded
}
console.log(`${passed} passed, ${failed} failed`)
