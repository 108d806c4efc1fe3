// One press of the browser's Back leaves a page. What the program writes into the address takes the place of what stood
// there, where Streamlit adds an entry to the history each time, also while a page is being opened. A picture that the
// visitor changed for another is an entry of its own, since Back shows the one before again (chosen_picture.py). What the
// server still writes for a page that was left by Back is passed over: it would take away where Forward leads, or, when
// pages are left faster than they are drawn, put another page in the place of the one that the visitor has gone to.
if (!window.nnBack) {
  window.nnBack = true;
  let acted = false; // on this page, since it was opened
  let led = false; // to this page by Back or Forward, and not acted since: the address is right already
  for (const kind of ['pointerdown', 'keydown', 'click']) addEventListener(kind, () => { acted = true; led = false; }, true);
  addEventListener('popstate', () => { acted = false; led = true; });
  const shown = (search) => ['sample', 'set', 'image'].map((name) => new URLSearchParams(search).get(name) ?? '').join('');
  const { pushState } = history;
  history.pushState = (state, title, url) => {
    const next = new URL(url ?? location.href, location.href);
    const isOther = next.pathname !== location.pathname;
    if (isOther && led) return;
    const before = shown(location.search);
    const isPicture = before && before !== shown(next.search);
    const isEntry = acted && (isOther || isPicture);
    if (isOther) acted = false;
    (isEntry ? pushState : history.replaceState).call(history, state, title, url);
  };
}
