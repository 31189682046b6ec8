// Sets theme and language on <html> before the first paint, so that no page flashes in the wrong
// colours. The only classic script: modules run too late for this. Private browsing may refuse
// localStorage; then the system's preference holds.
(function () {
  var root = document.documentElement;
  function kept(name) {
    try { return localStorage.getItem('martlet.' + name); } catch (refused) { return null; }
  }
  var dark = matchMedia('(prefers-color-scheme: dark)');
  function paint() {
    var wish = kept('theme') || 'system';
    root.dataset.theme = wish === 'system' ? (dark.matches ? 'dark' : 'light') : wish;
    root.dataset.themeWish = wish;
  }
  paint();
  dark.addEventListener('change', function () {
    paint();
    dispatchEvent(new Event('martlet:theme'));
  });
  addEventListener('martlet:repaint', function () {
    paint();
    dispatchEvent(new Event('martlet:theme'));
  });
  var tongue = kept('language') || (/^zh\b/i.test(navigator.language) ? 'zh' : 'en');
  root.lang = tongue === 'zh' ? 'zh-CN' : 'en';
})();
