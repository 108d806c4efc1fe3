// What a visitor sees of a page at once, and what there is in all. Shadow roots are looked into. A group of choices is
// one control, and what can be pressed inside a picture of ours is no control but the picture.
() => {
  const main = document.querySelector('.stMain');
  const found = { words: 0, numbers: 0, controls: 0, allWords: 0, allNumbers: 0, allControls: 0 };
  const groups = new Set();
  const pictures = [];
  const GROUP = '[role=radiogroup], [role=tablist], [role=group], [data-testid=stButtonGroup]';
  const CONTROL = 'button, input, select, textarea, a[href], [role=slider], [role=combobox], summary';
  const inside = (box) => box.width > 0 && box.bottom > 0 && box.top < innerHeight;
  const shown = (element) => !element.checkVisibility || element.checkVisibility({ visibilityProperty: true });
  const text = (node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    const tokens = node.textContent.split(/\s+/).filter(Boolean);
    const words = tokens.filter((token) => /\p{L}/u.test(token)).length;
    const numbers = tokens.filter((token) => /\d/.test(token) && !/\p{L}/u.test(token)).length;
    found.allWords += words;
    found.allNumbers += numbers;
    if (inside(box)) { found.words += words; found.numbers += numbers; }
  };
  const walk = (node, own) => {
    if (node.nodeType === Node.TEXT_NODE) { if (node.textContent.trim()) text(node); return; }
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    if (['STYLE', 'SCRIPT', 'TITLE'].includes(node.tagName) || !shown(node)) return;
    if (node.matches('[data-testid=stIconMaterial], [data-testid=stHeaderActionElements]')) return;
    const box = node.getBoundingClientRect();
    if (node.matches('img, canvas, svg, .frame, .js-plotly-plot') && box.width >= 280 && box.height >= 280) {
      pictures.push(box.top + main.scrollTop);
    }
    if (!own && node.matches(CONTROL) && !node.matches('[aria-label^="Help"], [data-testid=stTooltipHoverTarget] *')) {
      const group = node.closest(GROUP);
      if (!group || !groups.has(group)) {
        groups.add(group ?? node);
        found.allControls += 1;
        if (inside(box)) found.controls += 1;
      }
    }
    if (node.shadowRoot) node.shadowRoot.childNodes.forEach((child) => walk(child, true));
    node.childNodes.forEach((child) => walk(child, own));
  };
  walk(main, false);
  return { ...found, height: main.scrollHeight, picture: pictures.length ? Math.round(Math.min(...pictures)) : null };
}
