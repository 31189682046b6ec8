// A series of query_range on the grid of its query: [millis, value or null] pairs.

import { number } from './format.js';

export function rowsOf(series, start, end, step) {
  const rows = [];
  for (let time = start; time <= end; time += step) rows.push([time * 1000, null]);
  for (const [time, text] of series.values || []) {
    const row = rows[Math.round((time - start) / step)];
    const value = number(text);
    if (row && Number.isFinite(value)) row[1] = value;
  }
  return rows;
}
