export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** @returns {{ median: number, least: number, most: number }} */
export function summarise(values) {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) }
}
