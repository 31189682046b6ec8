// The list of dashboards: each with a live number, so that the list itself tells something.

import { instant } from '../api.js';
import { h, put } from '../dom.js';
import { format } from '../format.js';
import { t } from '../lang.js';

const list = [
  { href: '/host', name: 'host', numbers: [
    ['host.cpu', '1 - avg(rate(node_cpu_seconds_total{mode="idle"}[1m]))', 'ratio'],
    ['host.memory', '1 - sum(node_memory_MemAvailable_bytes) / sum(node_memory_MemTotal_bytes)', 'ratio']] },
  { href: '/servers', name: 'servers', numbers: [
    ['servers.found', 'sum(martlet_model_server_found)', 'count'], ['servers.requests', 'sum(martlet_model_server_requests_per_second)', 'per_second']] },
  { href: '/system', name: 'system', numbers: [['system.series', 'sum(martlet_head_series)', 'count']] },
];

export function open(place) {
  const numbers = list.map(board => board.numbers.map(() => h('dd', '…')));
  put(place, h('div.board-list', list.map((board, i) => h('a.card.board-link', { href: board.href },
    h('h2', t('nav.' + board.name)), h('p.mute', t(`dashboards.${board.name}`)),
    h('dl.facts', board.numbers.map(([name], j) => h('div', h('dt', t(name)), numbers[i][j])))))));

  function update() {
    list.forEach((board, i) => board.numbers.forEach(async ([, expr, unit], j) => {
      try {
        const { data } = await instant(expr);
        put(numbers[i][j], format(data.result[0] ? Number(data.result[0].value[1]) : null, unit));
      } catch { put(numbers[i][j], format(null)); }
    }));
  }
  update();
  return { update };
}
