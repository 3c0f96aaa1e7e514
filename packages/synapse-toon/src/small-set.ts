/** A set of nearly always one: that one costs no table, and no walk over one. */
export class SmallSet<Value extends object> {
  /** The only value, as long as there never were two. */
  only: Value | undefined
  /** All values, once there were two. */
  all: Set<Value> | undefined

  get size(): number {
    return this.all?.size ?? (this.only === undefined ? 0 : 1)
  }

  has(value: Value): boolean {
    return this.only === value || this.all?.has(value) === true
  }

  add(value: Value): void {
    if (this.size === 0 && this.all === undefined) this.only = value
    else if (!this.has(value)) {
      this.all ??= new Set(this.only && [this.only])
      this.only = undefined
      this.all.add(value)
    }
  }

  /** @returns whether it was there */
  delete(value: Value): boolean {
    if (this.only !== value) return this.all?.delete(value) === true
    this.only = undefined
    return true
  }
}
