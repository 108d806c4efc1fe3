// What a visitor sees of a page at once, and what there is in all. Shadow roots are looked into; what lies in a closed
// box, another tab or a tooltip is not counted. Nor is, on the first screen, what is written in a picture or on its
// scale, or a number that names a choice. A group of choices is one control, and what can be pressed inside a picture of
// ours is no control but the picture. A large picture has 280 pixels or more each way: `picture` is where the first one
// begins, `hero` how many pixels of the one seen best are above the fold.
() => {
  const main = document.querySelector('.stMain');
  const found = { words: 0, numbers: 0, controls: 0, allWords: 0, allNumbers: 0, allControls: 0 };
  const groups = new Set();
  const pictures = [];
  let hero = 0;
  const GROUP = '[role=radiogroup], [role=tablist], [role=group], [data-testid=stButtonGroup]';
  const CONTROL = 'button, input, select, textarea, a[href], [role=slider], [role=combobox], summary';
  const inside = (box) =>
    box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const shown = (element) =>
    getComputedStyle(element).display === 'contents' || element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const PICTURE = 'img, canvas, svg, .frame, .js-plotly-plot';
  const SCALE = '.ticks, .nn-bar';
  const text = (node, drawn) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    const tokens = node.textContent.split(/\s+/).filter(Boolean);
    const words = tokens.filter((token) => /\p{L}/u.test(token)).length;
    const numbers = tokens.filter((token) => /\d/.test(token) && !/\p{L}/u.test(token)).length;
    found.allWords += words;
    found.allNumbers += numbers;
    if (!inside(box) || drawn) return;
    found.words += words;
    if (!node.parentElement?.closest(GROUP)) found.numbers += numbers;
  };
  const walk = (node, own, drawn) => {
    if (node.nodeType === Node.TEXT_NODE) { if (node.textContent.trim()) text(node, drawn); return; }
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    if (['STYLE', 'SCRIPT', 'TITLE'].includes(node.tagName) || !shown(node)) return;
    if (node.matches('[data-testid=stIconMaterial], [data-testid=stHeaderActionElements]')) return;
    const box = node.getBoundingClientRect();
    const within = drawn || node.matches(`${PICTURE}, ${SCALE}`);
    if (node.matches(PICTURE) && box.width >= 280 && box.height >= 280) {
      pictures.push(box.top + main.scrollTop);
      hero = Math.max(hero, Math.min(box.bottom, innerHeight) - Math.max(box.top, 0));
    }
    if (!own && node.matches(CONTROL) && !node.matches('[aria-label^="Help"], [data-testid=stTooltipHoverTarget] *')) {
      const group = node.closest(GROUP);
      if (!group || !groups.has(group)) {
        groups.add(group ?? node);
        found.allControls += 1;
        if (inside(box)) found.controls += 1;
      }
    }
    if (node.shadowRoot) node.shadowRoot.childNodes.forEach((child) => walk(child, true, within));
    node.childNodes.forEach((child) => walk(child, own, within));
  };
  walk(main, false, false);
  const picture = pictures.length ? Math.round(Math.min(...pictures)) : null;
  return { ...found, height: main.scrollHeight, picture, hero: Math.round(hero) };
}
