/** Time for statistics. */

/** Nanoseconds from a fixed point in the past, as a number (exact to far below a microsecond over days). */
export function nowNs(): number {
  return Math.round(performance.now() * 1e6);
}
