// Host, the first dashboard: what boards/host.json says, or one page of words when the agent has
// not seen the host yet.

import { instant } from '../api.js';
import { board } from '../board.js';
import { h, put } from '../dom.js';
import { t } from '../lang.js';
import { command, empty, exploreLink, skeleton } from '../parts.js';

export async function open(place, context) {
  let shown = null;
  let closed = false;

  async function start() {
    if (!(await hasHost())) {
      const address = context.home()?.address || location.origin;
      put(place, h('section.card', empty(t('host.none'), t('host.none_why'), command(`curl -s ${address}/metrics | grep -c ^node_`),
        h('p', h('a', { href: exploreLink('up') }, t('host.none_explore'))))));
      return;
    }
    shown = await board(place, 'host');
    if (closed) shown.end();
  }

  put(place, skeleton(6));
  await start();
  return {
    update: () => (shown ? shown.update() : start()),
    close() {
      closed = true;
      shown?.end();
    },
  };
}

/** Host metrics of the last days count too: a stopped collector still has a past. */
const hasHost = async () => (await instant('count(last_over_time(node_load1[1d]))')).data.result.length > 0;
