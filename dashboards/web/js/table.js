// Tables: sortable by a click on a head, numbers right-aligned, scrolling sideways inside their
// card on a narrow screen.

import { h, put } from './dom.js';
import { t } from './lang.js';

/**
 * `columns` = [{title, text?(row), value?(row), cell?(row), numeric, hint}]; `value` sorts, `cell`
 * draws. `order` = [column index, 'up' | 'down'] to begin with.
 */
export function table(columns, rows, { order = null, caption = '', rowsMax = 500, kind = null } = {}) {
  let sorting = order;
  const body = h('tbody');
  const head = h('tr');
  const more = h('p.table-more.mute');
  const valueOf = (column, row) => (column.value ? column.value(row) : column.text(row));

  function draw() {
    const shown = [...rows];
    if (sorting) {
      const column = columns[sorting[0]];
      const sign = sorting[1] === 'up' ? 1 : -1;
      shown.sort((a, b) => sign * compare(valueOf(column, a), valueOf(column, b)));
    }
    put(body, shown.slice(0, rowsMax).map(row => {
      return h('tr', columns.map(column =>
        h(column.numeric ? 'td.num' : 'td', column.cell ? column.cell(row) : column.text(row))));
    }));
    put(more, shown.length > rowsMax ? t('table.more', { shown: rowsMax, count: shown.length }) : '');
    put(head, columns.map((column, i) => h(column.numeric ? 'th.num' : 'th', {
      scope: 'col', 'aria-sort': sorting?.[0] === i ? (sorting[1] === 'up' ? 'ascending' : 'descending') : 'none',
    }, column.title ? h('button.sort', { type: 'button', onclick: () => sortBy(i), title: column.hint || t('table.sort') }, column.title,
      h('span.sort-mark', { 'aria-hidden': 'true' }, sorting?.[0] === i ? (sorting[1] === 'up' ? '↑' : '↓') : '')) : '')));
  }

  function sortBy(i) {
    const first = columns[i].numeric ? 'down' : 'up';
    const other = first === 'up' ? 'down' : 'up';
    sorting = sorting?.[0] === i && sorting[1] === first ? [i, other] : [i, first];
    draw();
    head.children[i].querySelector('button')?.focus();
  }

  draw();
  return h('div.table-wrap', { 'data-kind': kind, tabindex: 0, role: 'region', 'aria-label': caption },
    h('table', caption ? h('caption.unseen', caption) : null, h('thead', head), body), more);
}

function compare(a, b) {
  const missing = value => value === null || value === undefined || Number.isNaN(value);
  if (missing(a) || missing(b)) return missing(a) - missing(b);
  return typeof a === 'number' && typeof b === 'number' ? a - b
    : String(a).localeCompare(String(b), undefined, { numeric: true });
}
